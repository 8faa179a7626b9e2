import CKernels

/// Conversions between float32 and the types that checkpoints store.
public enum Conversion {
  /// Widens `count` stored values to float32; exact.
  ///
  /// - Parameters:
  ///   - bytes: The stored values, of any alignment.
  ///   - y: [count], overwritten.
  public static func widen(
    from bytes: UnsafeRawPointer, dtype: DType, into y: UnsafeMutablePointer<Float>, count: Int,
    pool: ThreadPool
  ) {
    let level = kernelLevel
    pool.split(count, cost: 1) { range in
      widen(
        bytes + range.lowerBound * dtype.byteCount, dtype, into: y + range.lowerBound, count: range.count,
        level)
    }
  }

  /// The same on the calling thread.
  static func widen(
    _ bytes: UnsafeRawPointer, _ dtype: DType, into y: UnsafeMutablePointer<Float>, count: Int,
    _ level: lk_level
  ) {
    switch dtype {
    case .float32: UnsafeMutableRawPointer(y).copyMemory(from: bytes, byteCount: 4 * count)
    case .float16: lk_widen_f16(y, bytes, count, level)
    case .bfloat16: lk_widen_bf16(y, bytes, count, level)
    }
  }

  /// Rounds `count` values to the stored type: to nearest, ties to even; what is too large becomes infinite,
  /// and NaN stays NaN.
  ///
  /// - Parameters:
  ///   - x: [count].
  ///   - bytes: The stored values, of any alignment, overwritten.
  public static func narrow(
    _ x: UnsafePointer<Float>, to dtype: DType, into bytes: UnsafeMutableRawPointer, count: Int,
    pool: ThreadPool
  ) {
    let level = kernelLevel
    pool.split(count, cost: 1) { range in
      let source = x + range.lowerBound
      let target = bytes + range.lowerBound * dtype.byteCount
      switch dtype {
      case .float32: target.copyMemory(from: source, byteCount: 4 * range.count)
      case .float16: lk_narrow_f16(target, source, range.count, level)
      case .bfloat16: lk_narrow_bf16(target, source, range.count, level)
      }
    }
  }
}
