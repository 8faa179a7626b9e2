import Model

/// Scores a fixed set of windows, document by document.
struct HeldOutEvaluation {
  /// The documents' row numbers in the order of the losses; a group of duplicates counts as one document, under
  /// its first row.
  let documents: [Int]

  private let examples: [TrainingExample]
  private let batches: [[Int]]
  private let bytes: [Int]
  private let placeOfRow: [Int: Int]

  /// - Parameters:
  ///   - examples: the windows of `rows`.
  ///   - tokenBudget: the tokens of one batch.
  init(_ examples: [TrainingExample], rows: [Int], dataset: Dataset, tokenBudget: Int) {
    self.examples = examples
    let groups = rows.map { dataset.duplicateGroups[$0] }
    let documents = Set(groups).sorted()
    self.documents = documents
    let places = Dictionary(uniqueKeysWithValues: documents.enumerated().map { ($1, $0) })
    placeOfRow = Dictionary(uniqueKeysWithValues: zip(rows, groups.map { places[$0] ?? 0 }))
    var bytes = [Int](repeating: 0, count: documents.count)
    for (row, group) in zip(rows, groups) { bytes[places[group] ?? 0] += dataset.learnedBytes[row] }
    self.bytes = bytes
    batches = HeldOutEvaluation.packing(examples, tokenBudget).batches(epoch: 0)
  }

  private static func packing(_ examples: [TrainingExample], _ tokenBudget: Int) -> SequencePacking {
    SequencePacking(examples: examples, filling: .tokenBudget(tokenBudget), shuffles: false, seed: 0)
  }

  /// The most that any batch of such an evaluation holds.
  static func capacity(_ examples: [TrainingExample], tokenBudget: Int) -> BatchCapacity {
    packing(examples, tokenBudget).capacity
  }

  /// Whether there is nothing to score.
  var isEmpty: Bool { examples.isEmpty }

  /// The tokens that one scoring computes.
  var tokenCount: Int { examples.reduce(0) { $0 + $1.inputCount } }

  /// The summed loss of each document, in the order of `documents`.
  ///
  /// - Parameter decoder: another decoder of the engine's shape, such as the base without its adapter.
  func losses(_ engine: TrainingEngine, with decoder: Decoder? = nil) -> [DocumentLoss] {
    var sums = bytes.map { DocumentLoss(bytes: $0) }
    var batch = Batch()
    for indices in batches {
      batch.fill(with: indices, of: examples)
      for (loss, row) in zip(engine.losses(batch, with: decoder), batch.labelDocuments) {
        let place = placeOfRow[Int(row)] ?? 0
        sums[place].nats += Double(loss)
        sums[place].tokens += 1
      }
    }
    return sums
  }
}
