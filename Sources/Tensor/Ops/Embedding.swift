/// The embedding table: a row for each token id.
public enum Embedding {
  /// Looks up y[t,:] = table[ids[t],:], in float32.
  ///
  /// - Parameters:
  ///   - table: [V, C], in any format.
  ///   - ids: [T], each in 0..<V.
  ///   - y: [T, C], overwritten.
  public static func forward(
    table: WeightMatrix, ids: UnsafeBufferPointer<Int32>, into y: Matrix, pool: ThreadPool
  ) {
    requireIndices(ids, count: y.rows, below: table.rows)
    pool.split(y.rows, cost: y.columns) { range in
      for row in range {
        let id = Int(ids[row])
        table.rows(id..<id + 1).widen(into: y.rows(row..<row + 1))
      }
    }
  }

  /// Adds the gradient of the lookup: dTable[ids[t],:] += dy[t,:], in the order of tokens.
  ///
  /// - Parameters:
  ///   - dTable: [V, C], added to.
  ///   - dy: [T, C].
  ///   - ids: [T], each in 0..<V.
  public static func backward(
    addingTo dTable: Matrix, dy: Matrix, ids: UnsafeBufferPointer<Int32>, pool: ThreadPool
  ) {
    Gather.scatterRows(of: dy, at: ids, addingTo: dTable, pool: pool)
  }
}
