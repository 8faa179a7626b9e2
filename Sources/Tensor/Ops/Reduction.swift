import CKernels

/// What whole buffers come to: sums in an order that the length alone fixes.
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

  /// Whether every value is a finite number.
  public static func isFinite(_ x: UnsafePointer<Float>, count: Int) -> Bool {
    // Magnitudes order as their bits do, with infinity and NaN above all; a maximum of integers takes many at once.
    let largest = UnsafeBufferPointer(start: x, count: count).reduce(into: UInt32(0)) {
      $0 = max($0, $1.bitPattern & 0x7fff_ffff)
    }
    return largest < Float.infinity.bitPattern
  }
}
