/// The five-word runs of a text, by which near-duplicates are recognised.
///
/// Words are runs of letters and digits with case, white space and punctuation left out; curly and straight
/// quotes make no difference. A shorter text is one run of all its words. Runs are kept as 64-bit hashes:
/// among a million runs, two different ones meet with a probability below 1e-7.
struct Shingles: Sendable {
  /// Words in a run: long enough that ordinary phrases of one writer are not duplicates.
  static let width = 5

  /// Texts of fewer runs coincide by chance, and are not compared.
  static let minimumCount = 8

  /// The hashes of the different runs, ascending.
  let hashes: [UInt64]

  init(_ text: String) {
    let words = Shingles.wordHashes(text)
    guard words.count > Shingles.width else {
      hashes = [Shingles.combined(words[...])]
      return
    }
    var all: [UInt64] = []
    all.reserveCapacity(words.count)
    for start in 0...(words.count - Shingles.width) {
      all.append(Shingles.combined(words[start..<start + Shingles.width]))
    }
    all.sort()
    var unique = 0
    for hash in all where unique == 0 || all[unique - 1] != hash {
      all[unique] = hash
      unique += 1
    }
    all.removeLast(all.count - unique)
    hashes = all
  }

  var count: Int { hashes.count }

  /// Whether there are enough runs for their overlap to mean anything.
  var areComparable: Bool { count >= Self.minimumCount }

  /// The number of runs in both.
  func overlap(with other: Shingles) -> Int {
    var (i, j, shared) = (0, 0, 0)
    while i < hashes.count, j < other.hashes.count {
      let (a, b) = (hashes[i], other.hashes[j])
      if a == b { shared += 1 }
      if a <= b { i += 1 }
      if b <= a { j += 1 }
    }
    return shared
  }

  // MARK: Hashing

  // A fixed hash and not `Hasher`, whose seed changes from process to process: the order of hashes decides
  // the order of comparisons, and a run must repeat.
  private static let offsetBasis: UInt64 = 0xcbf2_9ce4_8422_2325
  private static let prime: UInt64 = 0x100_0000_01b3

  /// The FNV-1a hash of each word.
  private static func wordHashes(_ text: String) -> [UInt64] {
    var lowercase = text.lowercased()
    return lowercase.withUTF8 { bytes in
      var words: [UInt64] = []
      var hash = offsetBasis
      var isInWord = false
      var index = 0
      while index < bytes.count {
        let separator = separatorLength(bytes, at: index)
        if separator == 0 {
          hash = (hash ^ UInt64(bytes[index])) &* prime
          isInWord = true
          index += 1
          continue
        }
        if isInWord { words.append(hash) }
        hash = offsetBasis
        isInWord = false
        index += separator
      }
      if isInWord { words.append(hash) }
      return words
    }
  }

  /// The length in bytes of the separator at `index`; 0 where a word goes on.
  ///
  /// Separators are ASCII without letters and digits, U+0080…U+00BF (the Latin-1 signs) and
  /// U+2000…U+207F (general punctuation). Everything else of Unicode counts as letters.
  private static func separatorLength(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    switch bytes[index] {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): return 0
    case ..<0x80: return 1
    case 0xC2: return 2
    case 0xE2 where index + 1 < bytes.count && (bytes[index + 1] == 0x80 || bytes[index + 1] == 0x81):
      return 3
    default: return 0
    }
  }

  private static func combined(_ words: ArraySlice<UInt64>) -> UInt64 {
    var hash = offsetBasis
    for word in words {
      hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
      hash ^= hash >> 32
    }
    return hash
  }
}
