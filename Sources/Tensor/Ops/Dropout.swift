import CKernels

/// Inverted dropout (Srivastava et al., 2014) with a mask that is computed, never stored.
public enum Dropout {
  /// y[i,j] = x[i,j] / (1 − rate) where element (i, j) is kept, else 0.
  ///
  /// Whether an element is kept depends on (seed, i, j) alone, so the same call on the gradient is the
  /// backward: dx = forward(dy) with the same rate and seed.
  ///
  /// - Parameters:
  ///   - x: [rows, columns], of either type.
  ///   - y: [rows, columns], of either type, overwritten; it may be x.
  ///   - rate: The share to drop, in 0..<1, to a resolution of 2⁻²⁴.
  public static func forward(
    _ x: Matrix, into y: Matrix, rate: Float, seed: UInt64, pool: ThreadPool
  ) {
    requireSameShape(x, y, "dropout")
    precondition(rate >= 0 && rate < 1, "dropout rate \(rate)")
    let level = kernelLevel
    let threshold = UInt32((rate * 0x1p24).rounded())
    pool.split(x.rows, cost: 2 * x.columns) { range in
      let row = range.lowerBound
      lk_dropout(
        y.kernelRows(range), x.kernelRows(range), seed, row, threshold, 1 / (1 - rate), range.count,
        x.columns,
        level)
    }
  }
}
