import Synchronization

/// One worker's consecutive tasks of a call: it takes them from the front, others from the back.
///
/// Both ends lie in one word, so a claim is one exchange, which succeeds only on what is unclaimed at that moment,
/// of whichever call that is.
struct TaskShare: ~Copyable {
  /// The first unclaimed task in the upper half, the end in the lower.
  private let bounds = Atomic<UInt64>(0)
  /// Keeps shares side by side in memory two cache lines apart, which some processors fetch together.
  private let padding = InlineArray<15, UInt64>(repeating: 0)

  /// Offers tasks in place of none. Whoever claims one sees what was written before.
  func fill(_ tasks: Range<Int>) {
    bounds.store(
      UInt64(tasks.lowerBound) << 32 | UInt64(tasks.upperBound), ordering: .sequentiallyConsistent)
  }

  /// Whether there is nothing to claim.
  var isEmpty: Bool { !TaskShare.hasTasks(bounds.load(ordering: .sequentiallyConsistent)) }

  /// Claims the first task.
  func takeFirst() -> Int? {
    take { $0 + 1 << 32 }.map { Int($0 >> 32) }
  }

  /// Claims the last task.
  func takeLast() -> Int? {
    take { $0 - 1 }.map { Int($0 & 0xffff_ffff) - 1 }
  }

  /// The bounds before a claim that turned them into `rest` of them.
  @inline(__always)
  private func take(_ rest: (UInt64) -> UInt64) -> UInt64? {
    var seen = bounds.load(ordering: .acquiring)
    while TaskShare.hasTasks(seen) {
      let (exchanged, original) = bounds.compareExchange(
        expected: seen, desired: rest(seen), ordering: .acquiringAndReleasing)
      if exchanged { return seen }
      seen = original
    }
    return nil
  }

  private static func hasTasks(_ bounds: UInt64) -> Bool { bounds >> 32 < bounds & 0xffff_ffff }
}
