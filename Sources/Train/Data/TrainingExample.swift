/// One sequence of tokens as the model sees it, and which of them are learned.
public struct TrainingExample: Equatable, Sendable {
  /// The tokens, special tokens included.
  public let tokens: [Int32]
  /// The tokens that carry a label: ascending, apart, not empty, and never the first token, which nothing
  /// predicts.
  public let labelled: [Range<Int>]
  /// The index of the archive row this comes from.
  public let document: Int

  /// Makes an example.
  public init(tokens: [Int32], labelled: [Range<Int>], document: Int) {
    precondition(
      labelled.allSatisfy { $0.lowerBound >= 1 && !$0.isEmpty && $0.upperBound <= tokens.count }
        && zip(labelled, labelled.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound },
      "labels at \(labelled) do not fit \(tokens.count) tokens")
    self.tokens = tokens
    self.labelled = labelled
    self.document = document
  }

  /// The number of tokens with a label.
  public var labelCount: Int { labelled.reduce(0) { $0 + $1.count } }

  /// The number of tokens the model has to read: the last one predicts nothing.
  public var inputCount: Int { max(0, tokens.count - 1) }
}
