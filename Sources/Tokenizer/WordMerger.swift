/// Merges the bytes of one word into tokens; its buffers serve word after word.
///
/// The pair of the lowest rank merges first, and of equal pairs the leftmost. The symbols of the word form a
/// linked list, and a heap holds the rank and place of each pair that may merge, so that a word of n bytes
/// takes O(n log n) steps however long it is.
struct WordMerger {
  private var ids: [Int32] = []
  private var next: [Int] = []
  private var previous: [Int] = []
  /// The rank of the pair that begins at each symbol, `MergeTable.unmerged` for none or a symbol merged away.
  private var ranks: [UInt32] = []
  private var heap = BinaryHeap<UInt64>()

  /// Appends the tokens of a word that begins as the tokens `bytes`, one a byte.
  mutating func merge(_ bytes: some Sequence<Int32>, with table: MergeTable, into result: inout [Int32]) {
    ids.removeAll(keepingCapacity: true)
    ids.append(contentsOf: bytes)
    guard let last = ids.indices.last else { return }
    next.removeAll(keepingCapacity: true)
    previous.removeAll(keepingCapacity: true)
    ranks.removeAll(keepingCapacity: true)
    heap.removeAll()
    for index in 0...last {
      next.append(index + 1)
      previous.append(index - 1)
      ranks.append(MergeTable.unmerged)
    }
    for index in 0..<last { rankPair(at: index, with: table) }

    while let entry = heap.pop() {
      let rank = UInt32(truncatingIfNeeded: entry >> 32)
      let left = Int(entry & 0xFFFF_FFFF)
      // A rank names one pair, so an entry is out of date exactly where the rank there has changed.
      guard ranks[left] == rank else { continue }
      let right = next[left]
      ids[left] = table.result(ofRank: rank)
      ranks[right] = MergeTable.unmerged
      next[left] = next[right]
      if next[right] <= last { previous[next[right]] = left }
      rankPair(at: left, with: table)
      if previous[left] >= 0 { rankPair(at: previous[left], with: table) }
    }

    var index = 0
    while index <= last {
      result.append(ids[index])
      index = next[index]
    }
  }

  @inline(__always)
  private mutating func rankPair(at index: Int, with table: MergeTable) {
    let right = next[index]
    let rank = right < ids.count ? table.rank(ids[index], ids[right]) : MergeTable.unmerged
    ranks[index] = rank
    if rank != MergeTable.unmerged { heap.push(UInt64(rank) << 32 | UInt64(index)) }
  }
}
