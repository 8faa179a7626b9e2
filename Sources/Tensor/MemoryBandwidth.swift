import CKernels

/// The speed at which this machine reads memory at this moment.
public enum MemoryBandwidth {
  /// Times reads of a buffer several times as large as today's caches, a megabyte at a time.
  ///
  /// - Returns: bytes per second of each read.
  public static func measure(reads: Int, pool: ThreadPool) -> [Double] {
    let byteCount = 256 << 20
    let part = 1 << 20
    let buffer = Storage(count: byteCount / MemoryLayout<Float>.stride)
    // Pages that were never written are all one page of zeros.
    buffer.base.update(repeating: 1, count: buffer.count)
    let base = UnsafeRawPointer(buffer.base)
    let level = kernelLevel
    let clock = ContinuousClock()
    return (0..<reads).map { _ in
      let elapsed = clock.measure {
        pool.parallel(byteCount / part) { task in
          var checksum: UInt32 = 0
          lk_read_memory(&checksum, base + task * part, part, level)
          withExtendedLifetime(checksum) {}
        }
      }
      return Double(byteCount) / (elapsed / .seconds(1))
    }
  }
}
