/// The ids of words met before: most words of a text are repetitions.
struct WordCache {
  /// Longer words are rare and rarely come twice.
  static let longestWord = 64
  /// The cache starts over at this many words, so that no text can fill the memory.
  static let wordLimit = 1 << 16

  private var words = ByteStringTable()
  private var ids: [Int32] = []
  /// Where the ids of each word end; they begin where those of the word before end.
  private var ends: [Int] = []

  /// Appends the ids of `word`, which `compute` appends where they are not known yet.
  @inline(__always)
  mutating func appendIDs(
    ofWord word: UnsafeBufferPointer<UInt8>, to result: inout [Int32], compute: (inout [Int32]) -> Void
  ) {
    guard word.count <= Self.longestWord else { return compute(&result) }
    if words.count >= Self.wordLimit { removeAll() }
    let (number, isNew) = words.insert(word)
    if isNew {
      let start = result.count
      compute(&result)
      ids.append(contentsOf: result[start...])
      ends.append(ids.count)
    } else {
      for index in (number == 0 ? 0 : ends[number - 1])..<ends[number] { result.append(ids[index]) }
    }
  }

  private mutating func removeAll() {
    words.removeAll()
    ids.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }
}
