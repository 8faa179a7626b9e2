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

  /// Makes an empty batch with room for `capacity`.
  public init(capacity: BatchCapacity = BatchCapacity(sequences: 0, tokens: 0, labels: 0)) {
    ids.reserveCapacity(capacity.tokens)
    positions.reserveCapacity(capacity.tokens)
    offsets.reserveCapacity(capacity.sequences + 1)
    labelRows.reserveCapacity(capacity.labels)
    labels.reserveCapacity(capacity.labels)
    labelDocuments.reserveCapacity(capacity.labels)
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
    offsets.append(0)
    for index in indices { append(examples[index]) }
  }

  private mutating func append(_ example: TrainingExample) {
    let start = ids.count
    for range in example.labelled {
      for position in range {
        labelRows.append(Int32(start + position - 1))
        labels.append(example.tokens[position])
        labelDocuments.append(Int32(example.document))
      }
    }
    for position in 0..<example.inputCount {
      ids.append(example.tokens[position])
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
}
