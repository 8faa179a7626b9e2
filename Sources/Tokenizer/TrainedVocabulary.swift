/// A byte-level BPE vocabulary as ``BPETrainer`` makes it.
///
/// Ids count up from 0: the special tokens, the 256 bytes in the order of the characters that spell them,
/// then one token for each merge that made a new one.
public struct TrainedVocabulary: Sendable {
  /// The tokens with a meaning of their own, which have the first ids.
  public let specialTokens: [String]
  /// What cuts a text into words before tokens merge.
  public let preTokenizer: PreTokenizer

  /// The bytes of each token behind the special ones.
  private(set) var tokens: [[UInt8]]
  private var ids: [[UInt8]: Int32] = [:]
  private(set) var merges: [Merge] = []

  /// Two ids that become one token, in the order in which they were learnt.
  struct Merge: Sendable {
    let left: Int32
    let right: Int32
  }

  init(specialTokens: [String], preTokenizer: PreTokenizer) {
    self.specialTokens = specialTokens
    self.preTokenizer = preTokenizer
    tokens = ByteLevelAlphabet.bytesInSpellingOrder.map { [$0] }
    // A special token is a merge's result too where a word spells it out.
    for (id, token) in specialTokens.enumerated() {
      if let bytes = ByteLevelAlphabet.bytes(spelledBy: token) { ids[bytes] = Int32(id) }
    }
    for (index, token) in tokens.enumerated() { ids[token] = Int32(specialTokens.count + index) }
  }

  /// The number of tokens.
  public var count: Int { specialTokens.count + tokens.count }

  /// The id of each byte.
  var idOfByte: [Int32] {
    var idOfByte = [Int32](repeating: 0, count: 256)
    for (index, byte) in ByteLevelAlphabet.bytesInSpellingOrder.enumerated() {
      idOfByte[Int(byte)] = Int32(specialTokens.count + index)
    }
    return idOfByte
  }

  /// Notes that `left` and `right` merge and returns the id of what they make: a new one, unless that is a
  /// token already.
  mutating func addMerge(of left: Int32, and right: Int32) -> Int32 {
    merges.append(Merge(left: left, right: right))
    let bytes = bytes(of: left) + bytes(of: right)
    if let id = ids[bytes] { return id }
    let id = Int32(count)
    tokens.append(bytes)
    ids[bytes] = id
    return id
  }

  private func bytes(of id: Int32) -> [UInt8] {
    let index = Int(id) - specialTokens.count
    return index < 0
      ? ByteLevelAlphabet.bytes(spelledBy: specialTokens[Int(id)]) ?? [] : tokens[index]
  }
}
