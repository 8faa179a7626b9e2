/// What a writer asks for before a piece exists: its topic, its angle, its length and its kind.
///
/// Every part is optional. A part is one line in the prompt, so line breaks and runs of white space inside
/// it become single spaces, and a part with nothing in it counts as absent.
public struct Seed: Equatable, Sendable {
  /// What the piece is about.
  public let topic: String?
  /// What it has to say about it.
  public let angle: String?
  /// The length to aim at, in words.
  public let length: Int?
  /// The kind of piece, in the archive's own words: "note", "essay".
  public let kind: String?

  /// Makes a seed of the given parts; a length below one word counts as absent.
  public init(topic: String? = nil, angle: String? = nil, length: Int? = nil, kind: String? = nil) {
    self.topic = topic.flatMap(Seed.line)
    self.angle = angle.flatMap(Seed.line)
    self.length = length.flatMap { $0 > 0 ? $0 : nil }
    self.kind = kind.flatMap(Seed.line)
  }

  /// Whether no part is given.
  public var isEmpty: Bool { self == Seed() }

  /// The seed that a finished piece would have come from: its title as the topic, its own kind, and its
  /// length in words rounded to the nearest 10, at least 10.
  public static func derived(title: String?, kind: String?, text: String) -> Seed {
    let words = wordCount(of: text)
    return Seed(topic: title, length: max(10, (words + 5) / 10 * 10), kind: kind)
  }

  /// The number of runs of characters between ASCII white space.
  package static func wordCount(of text: String) -> Int {
    var count = 0
    var isInWord = false
    for byte in text.utf8 {
      let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
      if !isSpace, !isInWord { count += 1 }
      isInWord = !isSpace
    }
    return count
  }

  /// `text` on one line, or nil where nothing but white space is in it.
  private static func line(_ text: String) -> String? {
    let words = text.split(whereSeparator: \.isWhitespace)
    return words.isEmpty ? nil : words.joined(separator: " ")
  }
}
