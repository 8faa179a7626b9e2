/// Stops on two matrices whose shapes an operator needs to be equal.
@inline(__always)
func requireSameShape(_ a: Matrix, _ b: Matrix, _ operation: StaticString) {
  precondition(
    a.rows == b.rows && a.columns == b.columns,
    "\(operation): [\(a.rows), \(a.columns)] and [\(b.rows), \(b.columns)]")
}

/// Stops on indices that do not fit: the kernels behind them do not look.
func requireIndices(_ indices: UnsafeBufferPointer<Int32>, count: Int, below limit: Int) {
  precondition(indices.count == count, "\(indices.count) indices for \(count) rows")
  for index in indices {
    precondition(index >= 0 && Int(index) < limit, "index \(index), expected one below \(limit)")
  }
}
