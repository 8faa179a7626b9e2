/// The merges of a BPE vocabulary: which pairs of tokens become one token, and which pair goes first.
struct MergeTable: Sendable {
  /// No rank: the pair does not merge.
  static let unmerged = UInt32.max

  /// A hash table with open addressing; a power of two long and at most half full.
  private var slots: [Slot]
  /// The token that the merge of each rank makes.
  private var results: [Int32] = []

  private struct Slot {
    var pair: UInt64
    var rank: UInt32
  }

  /// Makes a table for `count` merges.
  init(count: Int) {
    var slotCount = 16
    while slotCount < 2 * (count + 1) { slotCount *= 2 }
    slots = [Slot](repeating: Slot(pair: 0, rank: Self.unmerged), count: slotCount)
    results.reserveCapacity(count)
  }

  /// Adds the merge of the next rank. A pair that has a rank already loses it to this one.
  mutating func append(_ left: Int32, _ right: Int32, into result: Int32) {
    let rank = UInt32(truncatingIfNeeded: results.count)
    precondition(2 * results.count < slots.count, "more merges than the \(slots.count / 2) planned for")
    results.append(result)
    let pair = Self.pair(left, right)
    slots[slot(of: pair)] = Slot(pair: pair, rank: rank)
  }

  /// The rank of a pair, smaller first, or `unmerged`.
  @inline(__always)
  func rank(_ left: Int32, _ right: Int32) -> UInt32 { slots[slot(of: Self.pair(left, right))].rank }

  /// The token that the merge of `rank` makes.
  @inline(__always)
  func result(ofRank rank: UInt32) -> Int32 { results[Int(rank)] }

  @inline(__always)
  private func slot(of pair: UInt64) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 20) & mask
    while slots[slot].rank != Self.unmerged, slots[slot].pair != pair { slot = (slot + 1) & mask }
    return slot
  }

  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}
