/// The words of a corpus as rows of tokens, with the count of each pair of neighbours kept up to date.
///
/// A merge visits only the words in which its pair may occur. A pair is queued once, when its later half comes
/// to be: no word can come to have it after that, but other merges may take it away, so its count is checked
/// when its turn comes.
struct PairCounter {
  /// Two neighbouring tokens and the words that hold them.
  struct Candidate {
    let left: Int32
    let right: Int32
    fileprivate let wordList: Int
  }

  /// An entry of the queue: more frequent first, then the smaller left id, then the smaller right id.
  private struct Entry: Comparable {
    let count: Int
    let pair: UInt64
    let wordList: Int

    static func < (a: Entry, b: Entry) -> Bool {
      a.count != b.count ? a.count > b.count : a.pair < b.pair
    }
  }

  /// All words' tokens, back to back; a word shrinks in its place as its tokens merge.
  private var tokens: [Int32]
  private var starts: [Int]
  private var lengths: [Int32]
  private let wordCounts: [Int]

  private var counts: [UInt64: Int] = [:]
  /// The words of each candidate, by their numbers; emptied when the candidate has merged.
  private var wordLists: [[Int32]] = []
  private var queue = BinaryHeap<Entry>()

  init(words: ByteStringTable, counts wordCounts: [Int], idOfByte: [Int32]) {
    self.wordCounts = wordCounts
    tokens = []
    starts = []
    lengths = []
    for number in 0..<words.count {
      let word = words[number]
      starts.append(tokens.count)
      lengths.append(Int32(word.count))
      for byte in word { tokens.append(idOfByte[Int(byte)]) }
    }
    var found = NewPairs()
    for word in 0..<words.count {
      let start = starts[word]
      for index in start..<max(start, start + Int(lengths[word]) - 1) {
        let pair = Self.pair(tokens[index], tokens[index + 1])
        counts[pair, default: 0] += wordCounts[word]
        found.add(pair, in: Int32(word))
      }
    }
    enqueue(found)
  }

  /// Takes the most frequent pair off the queue, or nil where none occurs `minimum` times.
  mutating func popMostFrequent(atLeast minimum: Int) -> Candidate? {
    while let entry = queue.pop() {
      let count = counts[entry.pair] ?? 0
      guard count == entry.count else {
        // Other merges took some of its neighbours since it was queued.
        queue.push(Entry(count: count, pair: entry.pair, wordList: entry.wordList))
        continue
      }
      guard count >= minimum else { return nil }
      return Candidate(
        left: Int32(truncatingIfNeeded: entry.pair >> 32), right: Int32(truncatingIfNeeded: entry.pair),
        wordList: entry.wordList)
    }
    return nil
  }

  /// Replaces the pair by `merged` in its words and counts the neighbours anew.
  mutating func merge(_ candidate: Candidate, into merged: Int32) {
    let words = wordLists[candidate.wordList]
    wordLists[candidate.wordList] = []
    var found = NewPairs()
    for word in words { merge(candidate, into: merged, inWord: word, &found) }
    enqueue(found)
  }

  private mutating func merge(
    _ pair: Candidate, into merged: Int32, inWord word: Int32, _ found: inout NewPairs
  ) {
    let start = starts[Int(word)]
    let end = start + Int(lengths[Int(word)])
    let weight = wordCounts[Int(word)]
    var read = start
    var write = start
    while read < end {
      guard tokens[read] == pair.left, read + 1 < end, tokens[read + 1] == pair.right else {
        tokens[write] = tokens[read]
        read += 1
        write += 1
        continue
      }
      if write > start {
        counts[Self.pair(tokens[write - 1], pair.left), default: 0] -= weight
        add(Self.pair(tokens[write - 1], merged), weight, in: word, &found)
      }
      if read + 2 < end {
        counts[Self.pair(pair.right, tokens[read + 2]), default: 0] -= weight
        add(Self.pair(merged, tokens[read + 2]), weight, in: word, &found)
      }
      tokens[write] = merged
      read += 2
      write += 1
    }
    lengths[Int(word)] = Int32(write - start)
  }

  private mutating func add(_ pair: UInt64, _ weight: Int, in word: Int32, _ found: inout NewPairs) {
    counts[pair, default: 0] += weight
    found.add(pair, in: word)
  }

  private mutating func enqueue(_ found: NewPairs) {
    for (pair, words) in zip(found.pairs, found.wordLists) {
      guard let count = counts[pair], count > 0 else { continue }
      queue.push(Entry(count: count, pair: pair, wordList: wordLists.count))
      wordLists.append(words)
    }
  }

  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// The pairs that came to be in one pass, each with its words.
  private struct NewPairs {
    private(set) var pairs: [UInt64] = []
    private(set) var wordLists: [[Int32]] = []
    private var indices: [UInt64: Int] = [:]

    /// Notes that `word` has `pair`. Words come one after the other, so a repetition is the last one noted.
    mutating func add(_ pair: UInt64, in word: Int32) {
      guard let index = indices[pair] else {
        indices[pair] = pairs.count
        pairs.append(pair)
        wordLists.append([word])
        return
      }
      if wordLists[index].last != word { wordLists[index].append(word) }
    }
  }
}
