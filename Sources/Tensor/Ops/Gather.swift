import CKernels

/// Picking rows by index, and putting them back.
public enum Gather {
  /// Copies y[i,:] = x[indices[i],:].
  ///
  /// - Parameters:
  ///   - x: [N, C].
  ///   - indices: [M], each in 0..<N.
  ///   - y: [M, C], overwritten.
  public static func rows(
    of x: Matrix, at indices: UnsafeBufferPointer<Int32>, into y: Matrix, pool: ThreadPool
  ) {
    requireIndices(indices, count: y.rows, below: x.rows)
    precondition(x.columns == y.columns, "\(x.columns) columns into \(y.columns)")
    pool.split(y.rows, cost: y.columns) { range in
      for row in range { y.row(row).update(from: x.row(Int(indices[row])), count: y.columns) }
    }
  }

  /// Copies back y[indices[i],:] = x[i,:]; rows that no index names keep what they held.
  ///
  /// - Parameters:
  ///   - x: [M, C].
  ///   - indices: [M], each in 0..<N, none of them twice.
  ///   - y: [N, C].
  public static func scatterRows(
    of x: Matrix, at indices: UnsafeBufferPointer<Int32>, into y: Matrix, pool: ThreadPool
  ) {
    requireIndices(indices, count: x.rows, below: y.rows)
    precondition(x.columns == y.columns, "\(x.columns) columns into \(y.columns)")
    pool.split(x.rows, cost: x.columns) { range in
      for row in range { y.row(Int(indices[row])).update(from: x.row(row), count: x.columns) }
    }
  }

  /// Adds y[indices[i],:] += x[i,:], in the order of i where an index occurs twice: the gradient of `rows`.
  ///
  /// The work is split by columns, so each element has one writer.
  ///
  /// - Parameters:
  ///   - x: [M, C].
  ///   - indices: [M], each in 0..<N.
  ///   - y: [N, C], added to.
  public static func scatterRows(
    of x: Matrix, at indices: UnsafeBufferPointer<Int32>, addingTo y: Matrix, pool: ThreadPool
  ) {
    requireIndices(indices, count: x.rows, below: y.rows)
    precondition(x.columns == y.columns, "\(x.columns) columns into \(y.columns)")
    guard let ids = indices.baseAddress else { return }
    let level = kernelLevel
    pool.splitColumns(x.columns, rows: x.rows) { columns in
      lk_scatter_add_f32(
        y.base + columns.lowerBound, y.stride, x.base + columns.lowerBound, x.stride, ids, x.rows,
        columns.count, level)
    }
  }
}
