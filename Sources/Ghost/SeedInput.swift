import Train

/// A seed as flags and files give it, before anything in it is checked.
public struct SeedInput: Equatable, Sendable {
  /// What the piece is about.
  public var topic: String?
  /// What it has to say about it.
  public var angle: String?
  /// The length to aim at, in words.
  public var length: Int?
  /// The kind of piece, in the archive's own words.
  public var kind: String?

  /// Gathers the parts that are given.
  public init(topic: String? = nil, angle: String? = nil, length: Int? = nil, kind: String? = nil) {
    self.topic = topic
    self.angle = angle
    self.length = length
    self.kind = kind
  }

  /// These parts, with those of `file` where one is missing here.
  public func completed(by file: SeedInput) -> SeedInput {
    SeedInput(
      topic: topic ?? file.topic, angle: angle ?? file.angle, length: length ?? file.length,
      kind: kind ?? file.kind)
  }

  /// The seed.
  ///
  /// - Throws: ``SeedError`` where no part has words in it, the length is below one word, or a text holds a control
  ///   character, which no archive teaches and which could drive a terminal.
  public func seed() throws(SeedError) -> Seed {
    for (part, text) in [("topic", topic), ("angle", angle), ("kind", kind)] {
      for scalar in (text ?? "").unicodeScalars
      where scalar.properties.generalCategory == .control && !scalar.properties.isWhitespace {
        throw SeedError(.controlCharacter(part: part, scalar: scalar.value))
      }
    }
    if let length, length < 1 { throw SeedError(.length(found: "\(length)")) }
    let seed = Seed(topic: topic, angle: angle, length: length, kind: kind)
    guard !seed.isEmpty else { throw SeedError(.empty) }
    return seed
  }
}
