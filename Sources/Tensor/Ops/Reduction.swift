import CKernels

/// Sums over whole buffers, in an order that the length alone fixes.
public enum Reduction {
  /// Σ x[i]², computed in Double: the square of a gradient's norm.
  public static func sumOfSquares(
    _ x: UnsafePointer<Float>, count: Int, pool: ThreadPool
  ) -> Double {
    let level = kernelLevel
    let parts = max(1, min(64, count / 32_768))
    let step = (count + parts - 1) / parts
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: parts) { sums in
      let sums = UnsafeMutableBufferPointer(rebasing: sums[...])
      pool.parallel(parts) { part in
        let first = min(count, part * step)
        sums[part] = lk_sum_of_squares_f32(x + first, min(count, first + step) - first, level)
      }
      return sums.reduce(0, +)
    }
  }
}
