import CKernels

/// Products with frozen weights in whatever format they are held.
public enum Linear {
  /// The working memory of products with weights that are not float32: for each thread a panel of weight rows
  /// widened to float32.
  ///
  /// It serves one call at a time.
  public struct Scratch: Sendable {
    /// Rows of a panel. Each panel makes OpenBLAS pack the inputs anew, which 2·128 operations a value repay; 128
    /// rows of 1,536 values fill three quarters of a core's megabyte of cache.
    static let panelRows = 128

    private let panels: [Matrix]

    /// Takes the buffers from a workspace; none where every weight is float32.
    public init(_ weights: some Sequence<WeightMatrix>, workspace: Workspace, threadCount: Int) {
      let widest = weights.lazy.filter { $0.format != .float32 }.map(\.columns).max()
      panels = (0..<(widest == nil ? 0 : threadCount)).map { _ in
        workspace.take("widened weights", rows: 1, columns: Scratch.panelRows * (widest ?? 0))
      }
    }

    /// The panel of one worker of the pool, [rows, columns].
    func panel(_ worker: Int, rows: Int, columns: Int) -> Matrix {
      precondition(
        worker < panels.count && rows * columns <= panels[worker].count,
        "\(rows) x \(columns) on worker \(worker), scratch for \(panels.count) of \(panels.first?.count ?? 0)"
      )
      return Matrix(panels[worker].base, rows: rows, columns: columns)
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
    if x.dtype == .bfloat16 || weight.format == .float32 {
      return MatrixProduct.multiply(
        x, weight.matrix, transposeB: true, plus: term, into: y, adds: accumulates, bias: bias, pool: pool)
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

  /// Computes the gradient of the input, dx = dy·W + u·V, or adds it to dx where `accumulates`.
  ///
  /// - Parameters:
  ///   - dy: [T, out].
  ///   - weight: [out, in], in float32 beside float32 gradients.
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
      }
    }
  }
}
