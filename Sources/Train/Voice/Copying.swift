/// How much of a text is copied from others, word by word.
public struct Copying: Equatable, Sendable {
  /// The words of a run that counts as copied.
  public static let runLength = 8

  /// The words of the longest run that is also in one of the others, the first where several are as long.
  public let longestRun: [String]
  /// The share of the text's different runs of ``runLength`` words that are also in the others, 0 where it has none.
  public let containment: Double
}
