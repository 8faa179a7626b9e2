/// A byte-level BPE vocabulary with its merges: words to ids and ids to bytes.
struct BPEModel: Sendable {
  /// The ids of the vocabulary and of the added tokens reach from 0 to below this.
  static let idLimit = 1 << 22

  /// The tokens as the file spells them, in the file's order.
  private var spellings: ByteStringTable
  private var idOfSpelling: [Int32] = []
  private(set) var merges: MergeTable
  /// The id of each byte alone, of the unknown token for a byte that has none, or `missing`.
  private(set) var idOfByte = [Int32](repeating: Self.missing, count: 256)
  /// Whether a word that is a token is taken whole, whatever the merges would make of it.
  let ignoresMerges: Bool

  /// Stands for a byte that gives no id.
  static let missing: Int32 = -1

  /// Makes a model without tokens.
  init(vocabularyCount: Int, mergeCount: Int, ignoresMerges: Bool) {
    spellings = ByteStringTable(capacity: vocabularyCount)
    idOfSpelling.reserveCapacity(vocabularyCount)
    merges = MergeTable(count: mergeCount)
    self.ignoresMerges = ignoresMerges
  }

  /// Adds a token; its spelling must be new.
  mutating func addToken(_ spelling: UnsafeBufferPointer<UInt8>, id: Int32) {
    let (_, isNew) = spellings.insert(spelling)
    precondition(isNew, "the token of id \(id) was added before")
    idOfSpelling.append(id)
  }

  /// Makes `id` the token that `byte` alone gives.
  mutating func setID(ofByte byte: UInt8, to id: Int32) { idOfByte[Int(byte)] = id }

  /// The id of the token that the file spells so, or nil.
  func id(ofSpelling spelling: UnsafeBufferPointer<UInt8>) -> Int32? {
    spellings.number(of: spelling).map { idOfSpelling[$0] }
  }

  /// Adds the merge of the next rank.
  mutating func addMerge(_ left: Int32, _ right: Int32, into result: Int32) {
    merges.append(left, right, into: result)
  }

  /// Appends the ids of one word.
  ///
  /// A byte for which the vocabulary has neither a token nor an unknown token gives no id, as in the
  /// `tokenizers` library.
  func appendIDs(
    ofWord word: UnsafeBufferPointer<UInt8>, using merger: inout WordMerger, to result: inout [Int32]
  ) {
    if ignoresMerges {
      var spelling: [UInt8] = []
      ByteLevelAlphabet.appendSpelling(of: word, to: &spelling)
      if let id = spelling.withUnsafeBufferPointer({ id(ofSpelling: $0) }) { return result.append(id) }
    }
    merger.merge(
      word.lazy.map { idOfByte[Int($0)] }.filter { $0 != Self.missing }, with: merges, into: &result)
  }
}
