import Model

/// Scores a fixed set of windows, row by row.
struct RowEvaluation {
  /// The most that any of its batches holds.
  let capacity: BatchCapacity

  private let examples: [TrainingExample]
  private let batches: [[Int]]
  private let learnedBytes: [Int]

  /// - Parameters:
  ///   - examples: windows whose `document` is an index into `learnedBytes`.
  ///   - learnedBytes: the bytes that are learned of each row.
  ///   - tokenBudget: the tokens of one batch.
  init(_ examples: [TrainingExample], learnedBytes: [Int], tokenBudget: Int) {
    self.examples = examples
    self.learnedBytes = learnedBytes
    let packing = SequencePacking(
      examples: examples, filling: .tokenBudget(tokenBudget), shuffles: false, seed: 0)
    capacity = packing.capacity
    batches = packing.batches(epoch: 0)
  }

  /// The tokens that one scoring computes.
  var tokenCount: Int { examples.reduce(0) { $0 + $1.inputCount } }

  /// The summed loss of each row; zero tokens for a row without a window here.
  ///
  /// - Parameter decoder: another decoder of the engine's shape, such as the base without its adapter.
  func losses(_ engine: TrainingEngine, with decoder: Decoder? = nil) -> [DocumentLoss] {
    var sums = learnedBytes.map { DocumentLoss(bytes: $0) }
    var batch = Batch(capacity: capacity)
    for indices in batches {
      batch.fill(with: indices, of: examples)
      for (loss, row) in zip(engine.losses(batch, with: decoder), batch.labelDocuments) {
        sums[Int(row)].nats += Double(loss)
        sums[Int(row)].tokens += 1
      }
    }
    return sums
  }
}
