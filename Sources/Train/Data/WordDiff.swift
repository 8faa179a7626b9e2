/// What an edit kept, cut and added, word by word.
///
/// A word is a run of characters between ASCII white space; where lines break does not matter. The edit is a
/// shortest one: no other keeps more words.
public struct WordDiff: Equatable, Sendable {
  /// One place of an edit: words of the draft that gave way to words of the final; one of the two may be empty.
  public struct Change: Equatable, Sendable {
    /// The words cut, by their places in the draft.
    public let cut: Range<Int>
    /// The words added, by their places in the final.
    public let added: Range<Int>
  }

  /// The words of the draft.
  public let draft: [Substring]
  /// The words of the final.
  public let final: [Substring]
  /// The places of the edit, in order, with at least one kept word between any two.
  public let changes: [Change]

  /// Compares two texts.
  public init(draft: String, final: String) {
    self.draft = WordDiff.words(of: draft)
    self.final = WordDiff.words(of: final)
    // Numbers compare faster than words. Words are told apart by their bytes, not by canonical equivalence.
    var numbers: [[UInt8]: Int] = [:]
    func number(_ word: Substring) -> Int {
      let bytes = Array(word.utf8)
      if let known = numbers[bytes] { return known }
      numbers[bytes] = numbers.count
      return numbers.count - 1
    }
    changes = ShortestEdit.changes(from: self.draft.map(number), to: self.final.map(number))
  }

  /// The number of words cut.
  public var cutCount: Int { changes.reduce(0) { $0 + $1.cut.count } }
  /// The number of words added.
  public var addedCount: Int { changes.reduce(0) { $0 + $1.added.count } }
  /// The number of words kept.
  public var keptCount: Int { draft.count - cutCount }

  /// How much of the text the writer changed, from 0 to 1: `1 − kept / max(draft words, final words)`.
  public var editRate: Double {
    let longer = max(draft.count, final.count)
    return longer == 0 ? 0 : 1 - Double(keptCount) / Double(longer)
  }

  /// The words cut at a place of the edit, with single spaces between them.
  public func cutText(_ change: Change) -> String { draft[change.cut].joined(separator: " ") }
  /// The words added at a place of the edit, with single spaces between them.
  public func addedText(_ change: Change) -> String { final[change.added].joined(separator: " ") }

  /// The UTF-8 bytes of the draft that its words at the places of the edit take, each with the white space before it.
  var cutBytes: [Range<Int>] { changes.compactMap { WordDiff.bytes(of: $0.cut, in: draft) } }
  /// The UTF-8 bytes of the final that its words at the places of the edit take, each with the white space before it.
  var addedBytes: [Range<Int>] { changes.compactMap { WordDiff.bytes(of: $0.added, in: final) } }

  /// White space goes with the word after it, as in the tokens of byte-level BPE.
  private static func bytes(of range: Range<Int>, in words: [Substring]) -> Range<Int>? {
    guard let last = range.last else { return nil }
    let text = words[last].base.utf8
    let start = range.lowerBound == 0 ? text.startIndex : words[range.lowerBound - 1].endIndex
    return text.distance(
      from: text.startIndex, to: start)..<text.distance(from: text.startIndex, to: words[last].endIndex)
  }

  private static func words(of text: String) -> [Substring] {
    text.utf8.split { $0 == 0x20 || (0x09...0x0D).contains($0) }.map { Substring($0) }
  }
}
