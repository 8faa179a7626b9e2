/// One sequence of tokens as the model sees it, and which of them are learned.
public struct TrainingExample: Equatable, Sendable {
  /// The tokens, special tokens included.
  public let tokens: [Int32]
  /// The tokens that carry a label: ascending, apart, not empty, and never the first token, which nothing
  /// predicts.
  public let labelled: [Range<Int>]
  /// What each label counts in the loss, in order; nil where each counts 1.
  public private(set) var weights: [Float]?
  /// The index of the archive row this comes from.
  public let document: Int
  /// The draft that this is the final of, where the two are to be compared.
  public var draft: RejectedDraft?

  /// Makes an example.
  public init(
    tokens: [Int32], labelled: [Range<Int>], weights: [Float]? = nil, document: Int,
    draft: RejectedDraft? = nil
  ) {
    precondition(
      labelled.allSatisfy { $0.lowerBound >= 1 && !$0.isEmpty && $0.upperBound <= tokens.count }
        && zip(labelled, labelled.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound },
      "labels at \(labelled) do not fit \(tokens.count) tokens")
    self.tokens = tokens
    self.labelled = labelled
    self.weights = weights
    self.document = document
    self.draft = draft
    precondition(
      (weights?.count ?? labelCount) == labelCount && (draft?.isNew.count ?? labelCount) == labelCount,
      "\(weights?.count ?? 0) weights, \(draft?.isNew.count ?? 0) marks for \(labelCount) labels")
  }

  /// The same without its draft.
  var withoutDraft: TrainingExample {
    var copy = self
    copy.draft = nil
    return copy
  }

  /// Its first tokens and the labels among them, without weights and draft; the last one is labelled where none is.
  ///
  /// - Parameter count: at least 2, and no more than there are.
  func prefix(_ count: Int) -> TrainingExample {
    let kept = labelled.map { $0.clamped(to: 1..<count) }.filter { !$0.isEmpty }
    return TrainingExample(
      tokens: Array(tokens[..<count]), labelled: kept.isEmpty ? [count - 1..<count] : kept, document: document
    )
  }

  /// Leaves what is learned to the comparison with the draft.
  mutating func learnNothingByItself() { weights = Array(repeating: 0, count: labelCount) }

  /// The number of tokens with a label.
  public var labelCount: Int { labelled.reduce(0) { $0 + $1.count } }

  /// The number of tokens whose loss is computed: the labels, and those of the draft.
  public var scoredCount: Int { labelCount + (draft?.isCut.count ?? 0) }

  /// The number of tokens the model has to read, of a draft as well: the last one predicts nothing.
  public var inputCount: Int { max(0, tokens.count - 1) + (draft.map { $0.tokens.count - 1 } ?? 0) }
}

/// The draft that a writer made a final of, as one sequence beside that of the final.
public struct RejectedDraft: Equatable, Sendable {
  /// The tokens, prompt and special tokens included.
  public let tokens: [Int32]
  /// The first token of the draft itself; all from here on are compared.
  public let start: Int
  /// For each token from `start` on, whether the writer cut it.
  public let isCut: [Bool]
  /// The labels of the final that lie in its prompt: they are learned, and not compared.
  public let promptLabels: Int
  /// For each label of the final, whether the writer put it in.
  public let isNew: [Bool]
  /// How much of the draft the writer changed, from 0 to 1.
  public let editRate: Double
  /// What the pair counts in the loss.
  public let weight: Float

  /// Sets a draft beside its final.
  public init(
    tokens: [Int32], start: Int, isCut: [Bool], promptLabels: Int = 0, isNew: [Bool], editRate: Double,
    weight: Float
  ) {
    precondition(
      start >= 1 && start < tokens.count && isCut.count == tokens.count - start
        && promptLabels <= isNew.count,
      "a draft from token \(start) of \(tokens.count) with \(isCut.count) marks")
    self.tokens = tokens
    self.start = start
    self.isCut = isCut
    self.promptLabels = promptLabels
    self.isNew = isNew
    self.editRate = editRate
    self.weight = weight
  }
}
