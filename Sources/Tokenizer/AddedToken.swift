/// A token that is found in the text itself, before it is cut into words.
public struct AddedToken: Equatable, Sendable {
  /// Its id.
  public let id: Int32
  /// The characters that stand for it.
  public let content: String
  /// Whether it is a sign for the model and no text: decoding may leave it out.
  public let isSpecial: Bool
  /// Whether it is found only where no word character touches it.
  public let isSingleWord: Bool
  /// Whether it takes the whitespace to its left with it.
  public let stripsLeft: Bool
  /// Whether it takes the whitespace to its right with it.
  public let stripsRight: Bool
  /// Whether it is looked for in the normalized text rather than in the text as given.
  public let isNormalized: Bool
}
