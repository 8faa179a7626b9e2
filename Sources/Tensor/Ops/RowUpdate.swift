/// A low-rank update s·B·A as products of one row read it: a copy of both matrices, B transposed and with s in it,
/// so that either is read along its rows.
public struct RowUpdate: Sendable {
  /// [R, in].
  let a: WeightMatrix
  /// [R, out], s·Bᵀ.
  let b: WeightMatrix
  private let owners: [Storage]

  /// How both are held.
  public var format: WeightMatrix.Format { a.format }

  /// Copies an update.
  ///
  /// - Parameters:
  ///   - a: [R, in], float32.
  ///   - b: [out, R], float32.
  ///   - scaling: s.
  ///   - format: how the copies are held: `float32` or `bfloat16`.
  public init(a: Matrix, b: Matrix, scaling: Float, format: WeightMatrix.Format, pool: ThreadPool) {
    precondition(a.rows == b.columns, "A [\(a.rows), \(a.columns)], B [\(b.rows), \(b.columns)]")
    let (down, up) = (Storage(count: a.count), Storage(count: b.count))
    down.matrix(rows: a.rows, columns: a.columns).copy(from: a)
    let transposed = up.matrix(rows: b.columns, columns: b.rows)
    for row in 0..<b.rows {
      for column in 0..<b.columns { transposed.row(column)[row] = scaling * b.row(row)[column] }
    }
    var owners: [Storage] = []
    func hold(_ storage: Storage, rows: Int, columns: Int) -> WeightMatrix {
      let held = format == .bfloat16 ? Storage(count: (rows * columns + 1) / 2) : storage
      if format == .bfloat16 {
        Conversion.narrow(storage.base, to: .bfloat16, into: held.base, count: rows * columns, pool: pool)
      }
      owners.append(held)
      return WeightMatrix(held.base, rows: rows, columns: columns, format: format)
    }
    self.a = hold(down, rows: a.rows, columns: a.columns)
    self.b = hold(up, rows: b.columns, columns: b.rows)
    self.owners = owners
  }
}
