/// How well a draft does what its seed asks.
public struct Adherence: Equatable, Sendable {
  /// |words − asked| / asked; nil where the seed asks for no length.
  public let lengthError: Double?
  /// The share of the words of topic and angle that the draft takes up; nil where they have none.
  public let topicCoverage: Double?
  /// Whether the paragraphs are as long as they are in the writer's pieces of the kind; nil where that tells nothing.
  public let fitsKind: Bool?
  /// Whether the system ended the text by itself.
  public let endsByItself: Bool

  /// The mean of the parts that there are, from 0 to 1: a length counts 1 − its error, but not below 0.
  public var score: Double {
    let parts = [
      lengthError.map { max(0, 1 - $0) }, topicCoverage, fitsKind.map { $0 ? 1 : 0 }, endsByItself ? 1 : 0,
    ].compactMap(\.self)
    return parts.reduce(0, +) / Double(parts.count)
  }

  /// Judges the body of a draft, its title apart.
  init(_ text: String, title: String?, seed: Seed, endsByItself: Bool, kinds: KindProfile) {
    let words = Seed.wordCount(of: text)
    lengthError = seed.length.map { Double(abs(words - $0)) / Double($0) }
    let terms = Adherence.terms([seed.topic, seed.angle].compactMap(\.self).joined(separator: " "))
    let used = Adherence.terms((title ?? "") + " " + text)
    topicCoverage =
      terms.isEmpty ? nil : Double(terms.intersection(used).count) / Double(terms.count)
    fitsKind = seed.kind.flatMap { kinds.fits(text, kind: $0) }
    self.endsByItself = endsByItself
  }

  private static let functionWords = Set(FunctionWords.all)

  /// The different words of four letters or more that are no function words, each by its first five letters, so
  /// that "lamp" is not "lamplight" but "repair" is "repaired".
  static func terms(_ text: String) -> Set<String> {
    Set(
      TextUnits(text).words.filter { $0.count >= 4 && !functionWords.contains($0) }
        .map { String($0.prefix(5)) })
  }
}

/// How long the paragraphs of a writer's kinds of pieces are, by which a draft's kind can be checked.
public struct KindProfile: Equatable, Sendable {
  /// The words a paragraph of the middle nine tenths of the pieces of each kind.
  private let ranges: [String: Interval]

  /// The fewest pieces of a kind that say how it is.
  static let fewestPieces = 5

  /// Learns the kinds with enough pieces. A single kind tells nothing apart and is not checked.
  init(_ pieces: [(kind: String, text: String)]) {
    let known = Dictionary(grouping: pieces, by: \.kind).mapValues { pieces in
      pieces.compactMap { KindProfile.wordsPerParagraph($0.text) }.sorted()
    }.filter { $0.value.count >= Self.fewestPieces }
    ranges =
      known.count < 2
      ? [:]
      : known.mapValues {
        Interval(
          lower: PairedBootstrap.percentile(5, of: $0), upper: PairedBootstrap.percentile(95, of: $0))
      }
  }

  /// Whether a text is like the pieces of its kind; nil for a kind that is not checked.
  func fits(_ text: String, kind: String) -> Bool? {
    guard let range = ranges[kind] else { return nil }
    guard let words = Self.wordsPerParagraph(text) else { return false }
    return words >= range.lower && words <= range.upper
  }

  private static func wordsPerParagraph(_ text: String) -> Double? {
    let lengths = TextUnits(text).paragraphLengths
    return lengths.isEmpty ? nil : Double(lengths.reduce(0, +)) / Double(lengths.count)
  }
}
