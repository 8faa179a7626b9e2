import CKernels

/// Products with frozen weights in whatever format they are held, in both directions.
public enum Linear {
  /// Working memory for weights that must be widened before a product: below AVX-512, float32 inputs need float32
  /// weights, so those held in fewer bits are widened a block of rows at a time.
  ///
  /// It serves one call at a time.
  public struct Scratch: Sendable {
    /// The values of a block, eight megabytes: few enough that they stay in the cache that the cores share. Each block
    /// makes OpenBLAS pack the inputs anew, which 256 rows of 8,192 values repay.
    static let blockSize = 2 << 20

    /// Nil where every weight is read where it lies.
    private let block: Matrix?

    /// Takes the block from a workspace, if there is a need for it.
    ///
    /// - Parameter dtype: the type of the inputs.
    public init(_ weights: some Sequence<WeightMatrix>, dtype: DType, workspace: Workspace) {
      let sizes = weights.lazy.filter { !$0.isReadInPlace(by: dtype) }
        .map { max($0.columns, min($0.rows * $0.columns, Scratch.blockSize)) }
      block = sizes.max().map { workspace.take("widened weights", rows: 1, columns: $0) }
    }

    /// Hands each block of rows to `body`, widened.
    func forEachBlock(
      of weight: WeightMatrix, pool: ThreadPool, _ body: (_ rows: Range<Int>, _ block: Matrix) -> Void
    ) {
      let step = max(1, Scratch.blockSize / max(1, weight.columns))
      for first in stride(from: 0, to: weight.rows, by: step) {
        let rows = first..<min(weight.rows, first + step)
        guard let block, rows.count * weight.columns <= block.count else {
          preconditionFailure("\(rows.count) x \(weight.columns) in a scratch of \(block?.count ?? 0)")
        }
        let (source, wide) = (
          weight.rows(rows), Matrix(block.base, rows: rows.count, columns: weight.columns)
        )
        pool.split(rows.count, cost: weight.columns) { source.rows($0).widen(into: wide.rows($0)) }
        body(rows, wide)
      }
    }
  }

  /// Computes y = x·Wᵀ + u·Vᵀ + bias, or adds it to y where `accumulates`.
  ///
  /// Bfloat16 inputs are multiplied by weights rounded to bfloat16, with float32 sums; float32 inputs by weights
  /// widened to float32; weights in `q8Tiled` by inputs rounded as they are. The work is cut by shape alone, so the
  /// result does not depend on the number of threads.
  ///
  /// - Parameters:
  ///   - x: [T, in].
  ///   - weight: [out, in].
  ///   - term: u, [T, R], and V, [out, R].
  ///   - bias: [1, out].
  ///   - y: [T, out].
  ///   - scratch: made for this weight among others.
  public static func forward(
    _ x: Matrix, _ weight: WeightMatrix, plus term: MatrixProduct.Term? = nil, bias: Matrix? = nil,
    into y: Matrix, accumulates: Bool = false, scratch: Scratch, pool: ThreadPool
  ) {
    precondition(
      x.rows == y.rows && x.columns == weight.columns && y.columns == weight.rows,
      "[\(x.rows), \(x.columns)] · [\(weight.rows), \(weight.columns)]ᵀ into [\(y.rows), \(y.columns)]")
    if weight.isReadInPlace(by: x.dtype) {
      return MatrixProduct.multiply(
        x, weight, transposeB: true, plus: term, into: y, adds: accumulates, bias: bias, pool: pool)
    }
    scratch.forEachBlock(of: weight, pool: pool) { rows, block in
      MatrixProduct.multiply(
        x, block, transposeB: true, plus: term.map { MatrixProduct.Term($0.a, $0.b.rows(rows)) },
        into: y.columns(rows), adds: accumulates, bias: bias?.columns(rows), pool: pool)
    }
  }

  /// Computes the gradient of the input, dx = dy·W + u·V, or adds it to dx where `accumulates`, in the arithmetic of
  /// `forward`.
  ///
  /// - Parameters:
  ///   - dy: [T, out].
  ///   - weight: [out, in].
  ///   - term: u, [T, R], and V, [R, in].
  ///   - dx: [T, in].
  ///   - dithers: Whether inputs of products in eight bits are rounded up or down at random.
  ///   - scratch: made for this weight among others.
  public static func inputGradient(
    _ dy: Matrix, _ weight: WeightMatrix, plus term: MatrixProduct.Term? = nil, into dx: Matrix,
    accumulates: Bool = false, dithers: Bool = false, scratch: Scratch, pool: ThreadPool
  ) {
    precondition(
      dy.rows == dx.rows && dy.columns == weight.rows && dx.columns == weight.columns,
      "[\(dy.rows), \(dy.columns)] · [\(weight.rows), \(weight.columns)] into [\(dx.rows), \(dx.columns)]")
    if weight.isReadInPlace(by: dy.dtype) {
      return MatrixProduct.multiply(
        dy, weight, plus: term, into: dx, adds: accumulates, dithers: dithers, pool: pool)
    }
    scratch.forEachBlock(of: weight, pool: pool) { rows, block in
      let isFirst = rows.lowerBound == 0
      MatrixProduct.multiply(
        dy.columns(rows), block, plus: isFirst ? term : nil, into: dx, adds: accumulates || !isFirst,
        pool: pool)
    }
  }
}

extension WeightMatrix {
  /// Whether products with inputs of this type take the values from where they lie.
  func isReadInPlace(by dtype: DType) -> Bool {
    format == .float32 || format == .q8Tiled || dtype == .bfloat16
      || (format != .bfloat16Panels && MatrixProduct.widensRightOperand)
  }

  /// Writes every value as float32, exactly, on the calling thread.
  ///
  /// - Parameter y: [rows, columns], overwritten.
  func widen(into y: Matrix) {
    precondition(
      y.rows == rows && y.columns == columns, "[\(rows), \(columns)] into [\(y.rows), \(y.columns)]")
    let level = kernelLevel
    for index in 0..<rows {
      switch format {
      case .float32:
        y.row(index).update(from: row(index).assumingMemoryBound(to: Float.self), count: columns)
      case .bfloat16: lk_widen_bf16(y.row(index), row(index), columns, level)
      case .q8, .q8Tiled: lk_widen_q8(y.row(index), row(index), columns, level)
      case .bfloat16Panels: preconditionFailure("float32 inputs to panels of bfloat16")
      }
    }
  }
}
