import Model

/// How a model takes edits that it was not trained on.
public struct EditScore: Equatable, Sendable {
  /// The pairs of final and draft.
  public var pairs = 0
  /// The pairs of which the final is the likelier, by the score of the dense ``PreferenceLoss``.
  public var preferred = 0
  /// The summed loss in nats of the words that the writer put in, and their tokens.
  public var newNats = 0.0, newTokens = 0
  /// The summed loss in nats of the words that the writer cut, and their tokens. A model that learns from edits
  /// makes them less likely.
  public var cutNats = 0.0, cutTokens = 0

  /// Nats a token of the words put in; nil where there are none.
  public var newLoss: Double? { newTokens > 0 ? newNats / Double(newTokens) : nil }
  /// Nats a token of the words cut; nil where there are none.
  public var cutLoss: Double? { cutTokens > 0 ? cutNats / Double(cutTokens) : nil }
}

/// The same edits under a base and with an adapter.
public struct EditComparison: Equatable, Sendable {
  /// With the base alone.
  public let base: EditScore
  /// With the adapter.
  public let adapter: EditScore

  /// Base and adapter beside each other, for a list of facts.
  var facts: [(name: String, fact: String)] {
    func loss(_ value: Double?) -> String { value.map { NumberText.fixed($0, 2) } ?? "none" }
    return [
      (
        "edits",
        "final likelier than draft in \(base.preferred) → \(adapter.preferred) of \(base.pairs) held out"
      ),
      ("new words", "\(loss(base.newLoss)) → \(loss(adapter.newLoss)) nats a token"),
      ("cut words", "\(loss(base.cutLoss)) → \(loss(adapter.cutLoss)) nats a token"),
    ]
  }
}

/// Scores a fixed set of pairs.
struct EditEvaluation {
  /// The most that any of its batches holds.
  let capacity: BatchCapacity

  private let examples: [TrainingExample]
  private let batches: [[Int]]

  /// - Parameters:
  ///   - examples: finals with their drafts.
  ///   - tokenBudget: the tokens of one batch.
  init(_ examples: [TrainingExample], tokenBudget: Int) {
    self.examples = examples
    let packing = SequencePacking(
      examples: examples, filling: .tokenBudget(tokenBudget), shuffles: false, seed: 0)
    capacity = packing.capacity
    batches = packing.batches(epoch: 0)
  }

  /// - Parameter decoder: another decoder of the engine's shape, such as the base without its adapter.
  func score(_ engine: TrainingEngine, with decoder: Decoder? = nil) -> EditScore {
    var score = EditScore()
    forEachBatch(engine, decoder) { batch, losses in
      score.pairs += batch.pairs.count
      for (_, scores) in PairScore.scores(batch, losses: losses, .dense(beta: 1))
      where scores.final > scores.draft {
        score.preferred += 1
      }
      for pair in batch.pairs {
        for label in pair.final where batch.labelIsChanged[label] {
          score.newNats += Double(losses[label])
          score.newTokens += 1
        }
        for label in pair.draft where batch.labelIsChanged[label] {
          score.cutNats += Double(losses[label])
          score.cutTokens += 1
        }
      }
    }
    return score
  }

  /// The scores of a preference loss, by document.
  func scores(
    _ engine: TrainingEngine, _ preference: PreferenceLoss, with decoder: Decoder? = nil
  ) -> [Int32: PreferenceLoss.Scores] {
    var scores: [Int32: PreferenceLoss.Scores] = [:]
    forEachBatch(engine, decoder) { batch, losses in
      for entry in PairScore.scores(batch, losses: losses, preference) {
        scores[entry.document] = entry.scores
      }
    }
    return scores
  }

  private func forEachBatch(
    _ engine: TrainingEngine, _ decoder: Decoder?, _ body: (Batch, [Float]) -> Void
  ) {
    var batch = Batch(capacity: capacity)
    for indices in batches {
      batch.fill(with: indices, of: examples)
      body(batch, engine.losses(batch, with: decoder))
    }
  }
}
