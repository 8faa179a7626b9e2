/// Some sequences as one flat run of tokens, without padding.
///
/// With T input tokens and L labels, for the sequences a b c ⟨end⟩ and d e ⟨end⟩, of which c, e and the
/// ends are learned:
///
///     ids             a b c d e        [T]      what the model reads; the end predicts nothing
///     positions       0 1 2 0 1        [T]      restart with each sequence
///     offsets         0     3     5    [S + 1]  where each sequence starts, and T
///     labelRows         1 2 3 4        [L]      the rows whose hidden state predicts a label
///     labels            c ⟨⟩ e ⟨⟩      [L]      the tokens they predict
///     labelDocuments    0 0 1 1        [L]      the archive rows the labels belong to
///
/// A final is followed by its draft, where the two are compared, as a sequence of its own; the labels of both are a
/// pair, and those of the draft count nothing by themselves.
///
/// A batch is filled again and again; once it has held the largest batch, filling allocates nothing.
public struct Batch: Equatable, Sendable {
  /// The input tokens, [T].
  public private(set) var ids: [Int32] = []
  /// The position of each input token in its sequence, [T].
  public private(set) var positions: [Int32] = []
  /// The first row of each sequence, and T at the end: [sequences + 1].
  public private(set) var offsets: [Int] = [0]
  /// The row that predicts each label, ascending, [L].
  public private(set) var labelRows: [Int32] = []
  /// The tokens to predict, [L].
  public private(set) var labels: [Int32] = []
  /// The archive row that each label belongs to, [L].
  public private(set) var labelDocuments: [Int32] = []

  /// What each label counts in the loss, [L]; 0 in a draft.
  public private(set) var labelWeights: [Float] = []
  /// Whether the writer put in or cut the token, [L]; false outside pairs.
  public private(set) var labelIsChanged: [Bool] = []
  /// The pairs of final and draft.
  public private(set) var pairs: [Pair] = []
  /// The sum of ``labelWeights``.
  public private(set) var totalWeight = 0.0

  /// A final and its draft in a batch.
  public struct Pair: Equatable, Sendable {
    /// The labels of the final, those of its prompt left out.
    public let final: Range<Int>
    /// The labels of the draft.
    public let draft: Range<Int>
    /// The archive row.
    public let document: Int32
    /// How much of the draft the writer changed, from 0 to 1.
    public let editRate: Double
    /// What the pair counts in the loss.
    public let weight: Float
  }

  /// Makes an empty batch with room for `capacity`.
  public init(capacity: BatchCapacity = BatchCapacity(sequences: 0, tokens: 0, labels: 0)) {
    ids.reserveCapacity(capacity.tokens)
    positions.reserveCapacity(capacity.tokens)
    offsets.reserveCapacity(capacity.sequences + 1)
    labelRows.reserveCapacity(capacity.labels)
    labels.reserveCapacity(capacity.labels)
    labelDocuments.reserveCapacity(capacity.labels)
    labelWeights.reserveCapacity(capacity.labels)
    labelIsChanged.reserveCapacity(capacity.labels)
    pairs.reserveCapacity(capacity.sequences / 2)
  }

  /// The number of sequences.
  public var sequenceCount: Int { offsets.count - 1 }
  /// The number of input tokens, T.
  public var tokenCount: Int { ids.count }
  /// The number of labels, L.
  public var labelCount: Int { labels.count }

  /// Replaces the content by the examples at `indices`, in that order.
  public mutating func fill(with indices: [Int], of examples: [TrainingExample]) {
    ids.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
    labelRows.removeAll(keepingCapacity: true)
    labels.removeAll(keepingCapacity: true)
    labelDocuments.removeAll(keepingCapacity: true)
    labelWeights.removeAll(keepingCapacity: true)
    labelIsChanged.removeAll(keepingCapacity: true)
    pairs.removeAll(keepingCapacity: true)
    totalWeight = 0
    offsets.append(0)
    for index in indices { append(examples[index]) }
  }

  private mutating func append(_ example: TrainingExample) {
    let start = ids.count
    let first = labels.count
    for range in example.labelled {
      for position in range {
        let weight = example.weights?[labels.count - first] ?? 1
        let isNew = example.draft?.isNew[labels.count - first] ?? false
        append(
          example.tokens[position], predictedBy: start + position - 1, of: example.document, weight: weight,
          isChanged: isNew)
      }
    }
    appendInputs(example.tokens)
    if let draft = example.draft {
      append(draft, finalLabels: first + draft.promptLabels..<labels.count, of: example.document)
    }
  }

  private mutating func append(_ draft: RejectedDraft, finalLabels: Range<Int>, of document: Int) {
    let start = ids.count
    let first = labels.count
    for (place, isCut) in draft.isCut.enumerated() {
      let position = draft.start + place
      append(
        draft.tokens[position], predictedBy: start + position - 1, of: document, weight: 0, isChanged: isCut)
    }
    appendInputs(draft.tokens)
    pairs.append(
      Pair(
        final: finalLabels, draft: first..<labels.count, document: Int32(document),
        editRate: draft.editRate, weight: draft.weight))
  }

  private mutating func append(
    _ label: Int32, predictedBy row: Int, of document: Int, weight: Float, isChanged: Bool
  ) {
    labelRows.append(Int32(row))
    labels.append(label)
    labelDocuments.append(Int32(document))
    labelWeights.append(weight)
    labelIsChanged.append(isChanged)
    totalWeight += Double(weight)
  }

  /// All but the last token, which predicts nothing, as one sequence.
  private mutating func appendInputs(_ tokens: [Int32]) {
    for position in tokens.indices.dropLast() {
      ids.append(tokens[position])
      positions.append(Int32(position))
    }
    offsets.append(ids.count)
  }
}

/// The most that any batch of a run can hold, known before the first step.
public struct BatchCapacity: Equatable, Sendable {
  /// The most sequences.
  public let sequences: Int
  /// The most input tokens.
  public let tokens: Int
  /// The most labels.
  public let labels: Int

  /// Makes a capacity.
  public init(sequences: Int, tokens: Int, labels: Int) {
    self.sequences = sequences
    self.tokens = tokens
    self.labels = labels
  }

  /// Room for whatever fits in one of the two.
  func union(_ other: BatchCapacity) -> BatchCapacity {
    BatchCapacity(
      sequences: max(sequences, other.sequences), tokens: max(tokens, other.tokens),
      labels: max(labels, other.labels))
  }
}
