import CKernels

/// The embedding table: a row for each token id.
public enum Embedding {
  /// Looks up y[t,:] = table[ids[t],:].
  ///
  /// - Parameters:
  ///   - table: [V, C].
  ///   - ids: [T], each in 0..<V.
  ///   - y: [T, C], overwritten.
  public static func forward(
    table: Matrix, ids: UnsafeBufferPointer<Int32>, into y: Matrix, pool: ThreadPool
  ) {
    Gather.rows(of: table, at: ids, into: y, pool: pool)
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
