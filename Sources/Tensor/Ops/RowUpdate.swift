/// A low-rank update s·B·A as products of one row read it: a copy of both matrices, with s in B, and B in panels of
/// sixteen outputs, so that either is read in order.
public struct RowUpdate: @unchecked Sendable {
  // Safe to send because it is plain addresses: `hold` writes them before the first product, nobody after it.

  /// Outputs of a panel: the values of a kernel's vector.
  static let panel = 16

  /// [R, in].
  let a: WeightMatrix
  /// [panels, R·16]: s·Bᵀ for the sixteen outputs of each panel, zeros behind the last.
  let b: Matrix

  /// How A is held.
  public var format: WeightMatrix.Format { a.format }

  /// Takes room for an update from a workspace, which has to outlive it.
  ///
  /// - Parameters:
  ///   - outputs: those of the weights that are updated.
  ///   - inputs: the same.
  ///   - format: that of the weights. A is held in it (in bfloat16 beside panels), so that it reads the same form of
  ///     the input row. B is float32 beside float32 weights, otherwise bfloat16.
  public init(rank: Int, outputs: Int, inputs: Int, format: WeightMatrix.Format, workspace: Workspace) {
    let format = format == .bfloat16Panels ? .bfloat16 : format
    // Rows of every format are of an even number of bytes.
    let held = workspace.take(
      "decode adapter", rows: rank, columns: WeightMatrix.rowBytes(columns: inputs, format) / 2, .bfloat16)
    a = WeightMatrix(UnsafeRawPointer(held.address), rows: rank, columns: inputs, format: format)
    b = workspace.take(
      "decode adapter", rows: (outputs + RowUpdate.panel - 1) / RowUpdate.panel,
      columns: rank * RowUpdate.panel, format == .float32 ? .float32 : .bfloat16)
  }

  /// Copies both matrices.
  ///
  /// - Parameters:
  ///   - a: [R, in], float32.
  ///   - b: [out, R], float32.
  ///   - scaling: s.
  public func hold(a: Matrix, b: Matrix, scaling: Float, pool: ThreadPool) {
    let (rank, panel) = (self.a.rows, RowUpdate.panel)
    precondition(
      a.rows == rank && a.columns == self.a.columns && b.columns == rank
        && (b.rows + panel - 1) / panel == self.b.rows,
      "A [\(a.rows), \(a.columns)], B [\(b.rows), \(b.columns)]")
    switch format {
    case .float32, .bfloat16: Elementwise.copy(a, to: self.a.matrix, pool: pool)
    case .q8, .q8Tiled:
      for row in 0..<rank {
        Quantization.q8(
          from: a.row(row), dtype: .float32, rows: 1, columns: a.columns,
          into: UnsafeMutableRawPointer(mutating: self.a.row(row)), pool: pool)
      }
    case .bfloat16Panels: preconditionFailure("rows of panels")
    }
    let wide = Storage(count: self.b.count)
    for output in 0..<b.rows {
      for column in 0..<rank {
        wide.base[output / panel * panel * rank + column * panel + output % panel] =
          scaling * b.row(output)[column]
      }
    }
    Elementwise.copy(wide.matrix(rows: self.b.rows, columns: self.b.columns), to: self.b, pool: pool)
  }
}
