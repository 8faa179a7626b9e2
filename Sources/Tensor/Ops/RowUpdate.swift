/// A low-rank update s·B·A as products of one row read it: a copy of both matrices, with s in B, and B in panels of
/// sixteen outputs, so that either is read in order.
public struct RowUpdate: Sendable {
  /// Outputs of a panel: the values of a kernel's vector.
  static let panel = 16

  /// [R, in].
  let a: WeightMatrix
  /// [panels, R·16]: s·Bᵀ for the sixteen outputs of each panel, zeros behind the last.
  let b: Matrix
  private let owners: [Storage]

  /// How both are held.
  public var format: WeightMatrix.Format { a.format }

  /// Copies an update.
  ///
  /// - Parameters:
  ///   - a: [R, in], float32.
  ///   - b: [out, R], float32.
  ///   - scaling: s.
  ///   - dtype: how the copies are held: `float32` or `bfloat16`.
  public init(a: Matrix, b: Matrix, scaling: Float, dtype: DType, pool: ThreadPool) {
    precondition(a.rows == b.columns, "A [\(a.rows), \(a.columns)], B [\(b.rows), \(b.columns)]")
    let (rank, panel) = (a.rows, RowUpdate.panel)
    let wide = Storage(count: (b.rows + panel - 1) / panel * panel * rank)
    for output in 0..<b.rows {
      for column in 0..<rank {
        wide.base[output / panel * panel * rank + column * panel + output % panel] =
          scaling * b.row(output)[column]
      }
    }
    func hold(_ matrix: Matrix) -> (Matrix, Storage) {
      let storage = Storage(count: (matrix.count * dtype.byteCount + 3) / MemoryLayout<Float>.stride)
      let held = Matrix(
        UnsafeMutableRawPointer(storage.base), dtype, rows: matrix.rows, columns: matrix.columns)
      Elementwise.copy(matrix, to: held, pool: pool)
      return (held, storage)
    }
    let (heldA, ownerA) = hold(a)
    let (heldB, ownerB) = hold(
      wide.matrix(rows: wide.count / max(panel * rank, 1), columns: panel * rank))
    self.a = WeightMatrix(
      UnsafeRawPointer(heldA.address), rows: rank, columns: a.columns,
      format: dtype == .bfloat16 ? .bfloat16 : .float32)
    self.b = heldB
    owners = [ownerA, ownerB]
  }
}
