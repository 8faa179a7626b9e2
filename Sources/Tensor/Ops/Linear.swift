import CKernels

/// Products with frozen weights in whatever format they are held.
public enum Linear {
  /// The working memory of products with weights that are not read where they lie: float32 inputs take those in
  /// eight bits, and where no product widens them itself those in bfloat16, widened to float32; bfloat16 inputs take
  /// those in eight bits rounded to bfloat16.
  ///
  /// It serves one call at a time.
  public struct Scratch: Sendable {
    /// Rows of a panel. Each panel makes OpenBLAS pack the inputs anew, which 2·128 operations a value repay; 128
    /// rows of 1,536 values fill three quarters of a core's megabyte of cache.
    static let panelRows = 128
    /// Rows of a block, few enough that it stays in the cache that the cores share: 1,024 rows of 1,536 values are
    /// three megabytes.
    static let blockRows = 1024

    /// For each thread a panel of weight rows in float32.
    private let panels: [Matrix]
    /// A block of weight rows in bfloat16.
    private let block: Matrix?

    /// Takes the buffers from a workspace; none where every weight is read where it lies.
    ///
    /// - Parameter dtype: the type of the inputs.
    public init(
      _ weights: some Sequence<WeightMatrix>, dtype: DType, workspace: Workspace, threadCount: Int
    ) {
      let copied = weights.lazy.filter { !$0.isReadInPlace(by: dtype) }
      guard let widest = copied.map(\.columns).max() else {
        (panels, block) = ([], nil)
        return
      }
      func take(_ rows: Int) -> Matrix {
        workspace.take("widened weights", rows: 1, columns: rows * widest, dtype)
      }
      panels = dtype == .float32 ? (0..<threadCount).map { _ in take(Scratch.panelRows) } : []
      block = dtype == .float32 ? nil : take(Scratch.blockRows)
    }

    /// The panel of one worker of the pool, [rows, columns].
    func panel(_ worker: Int, rows: Int, columns: Int) -> Matrix {
      window(worker < panels.count ? panels[worker] : nil, rows, columns)
    }

    /// The block, [rows, columns].
    func block(rows: Int, columns: Int) -> Matrix { window(block, rows, columns) }

    private func window(_ buffer: Matrix?, _ rows: Int, _ columns: Int) -> Matrix {
      guard let buffer, rows * columns <= buffer.count else {
        preconditionFailure("\(rows) x \(columns) in a scratch of \(buffer?.count ?? 0)")
      }
      return Matrix(buffer.address, buffer.dtype, rows: rows, columns: columns)
    }
  }

  /// Computes y = x·Wᵀ + u·Vᵀ + bias, or adds it to y where `accumulates`.
  ///
  /// Bfloat16 inputs are multiplied as they are, with float32 sums; float32 inputs by weights widened to float32.
  /// The work is cut by shape alone, so the result does not depend on the number of threads.
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
        x, weight.matrix, transposeB: true, plus: term, into: y, adds: accumulates, bias: bias, pool: pool)
    }
    if x.dtype == .bfloat16 {
      return blockProduct(
        x, weight, plus: term, bias: bias, into: y, accumulates: accumulates, scratch: scratch, pool: pool)
    }
    widenedProduct(x, weight, into: y, accumulates: accumulates, scratch: scratch, pool: pool)
    if let term { MatrixProduct.multiply(term.a, term.b, transposeB: true, into: y, adds: true, pool: pool) }
    if let bias { Elementwise.addBias(bias.base, to: y, pool: pool) }
  }

  /// The product of float32 inputs and other weights, a panel of widened rows at a time.
  private static func widenedProduct(
    _ x: Matrix, _ weight: WeightMatrix, into y: Matrix, accumulates: Bool, scratch: Scratch, pool: ThreadPool
  ) {
    guard x.rows > 0 else { return }
    let step = Scratch.panelRows
    pool.parallel((weight.rows + step - 1) / step) { task, worker in
      let part = task * step..<min(weight.rows, (task + 1) * step)
      let panel = scratch.panel(worker, rows: part.count, columns: weight.columns)
      weight.rows(part).widen(into: panel)
      GEMM.single(x, false, panel, true, y.columns(part), x.columns, 1, accumulates ? 1 : 0)
    }
  }

  /// The product of bfloat16 inputs and weights in eight bits, a block of rows rounded to bfloat16 at a time.
  private static func blockProduct(
    _ x: Matrix, _ weight: WeightMatrix, plus term: MatrixProduct.Term?, bias: Matrix?, into y: Matrix,
    accumulates: Bool, scratch: Scratch, pool: ThreadPool
  ) {
    let level = kernelLevel
    for first in stride(from: 0, to: weight.rows, by: Scratch.blockRows) {
      let part = first..<min(weight.rows, first + Scratch.blockRows)
      let block = scratch.block(rows: part.count, columns: weight.columns)
      pool.split(part.count, cost: weight.columns) { rows in
        for row in rows {
          lk_narrow_q8(block.rowAddress(row), weight.row(first + row), weight.columns, level)
        }
      }
      MatrixProduct.multiply(
        x, block, transposeB: true, plus: term.map { MatrixProduct.Term($0.a, $0.b.rows(part)) },
        into: y.columns(part), adds: accumulates, bias: bias?.columns(part), pool: pool)
    }
  }

  /// Computes the gradient of the input, dx = dy·W + u·V, or adds it to dx where `accumulates`.
  ///
  /// - Parameters:
  ///   - dy: [T, out].
  ///   - weight: [out, in], of a type that may stand beside that of `dy`: see `MatrixProduct.multiply`.
  ///   - term: u, [T, R], and V, [R, in].
  ///   - dx: [T, in].
  public static func inputGradient(
    _ dy: Matrix, _ weight: WeightMatrix, plus term: MatrixProduct.Term? = nil, into dx: Matrix,
    accumulates: Bool = false, pool: ThreadPool
  ) {
    MatrixProduct.multiply(dy, weight.matrix, plus: term, into: dx, adds: accumulates, pool: pool)
  }
}

extension WeightMatrix {
  /// Whether products with inputs of this type take the values from where they lie.
  func isReadInPlace(by dtype: DType) -> Bool {
    switch format {
    case .float32: true
    case .bfloat16: dtype == .bfloat16 || MatrixProduct.widensRightOperand
    case .q8: false
    }
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
      case .q8: lk_widen_q8(y.row(index), row(index), columns, level)
      }
    }
  }
}
