import Model

/// The loss of an optimizer step over one or more batches, as a function of the losses of their tokens:
///
///     Σ w·loss / Σ w  +  Σ pairs: weight·(preference + unlikelihood) / pairs
///
/// Its derivatives by the token losses are all that the model's backward needs to know of it.
struct StepObjective {
  /// What pairs add.
  let terms: PairTerms
  /// The scores of each pair under the reference, by document.
  let references: [Int32: PreferenceLoss.Scores]
  /// Σ w over the step.
  let totalWeight: Double
  /// The pairs of the step.
  let pairCount: Int

  /// The objective of a step without pairs' terms is the weighted mean of its token losses.
  init(_ batches: [Batch], terms: PairTerms = .none, references: [Int32: PreferenceLoss.Scores] = [:]) {
    self.terms = terms
    self.references = references
    totalWeight = batches.reduce(0) { $0 + $1.totalWeight }
    pairCount = batches.reduce(0) { $0 + $1.pairs.count }
  }

  /// Whether a batch's derivatives depend on its losses.
  func comparesPairs(of batch: Batch) -> Bool { !terms.isEmpty && !batch.pairs.isEmpty }

  /// Writes the derivatives of the weighted mean by each token loss of a batch, w / Σ w.
  func setWeights(of batch: Batch, in derivatives: UnsafeMutablePointer<Float>) {
    let scale = totalWeight > 0 ? 1 / totalWeight : 0
    for label in 0..<batch.labelCount {
      derivatives[label] = Float(Double(batch.labelWeights[label]) * scale)
    }
  }

  /// The part that a batch has in the weighted mean.
  func weightedMean(_ batch: Batch, losses: UnsafePointer<Float>) -> Double {
    // Double: thousands of Float terms would lose the digits that runs are compared by.
    let sum = (0..<batch.labelCount).reduce(0.0) { $0 + Double(batch.labelWeights[$1]) * Double(losses[$1]) }
    return totalWeight > 0 ? sum / totalWeight : 0
  }

  /// Adds the derivatives of the pairs' part of a batch to `derivatives`, and returns that part.
  func addPairs(
    of batch: Batch, losses: UnsafePointer<Float>, to derivatives: UnsafeMutablePointer<Float>
  ) -> Double {
    batch.pairs.reduce(0) { $0 + value($1, batch, losses, derivatives) / Double(pairCount) }
  }

  private func value(
    _ pair: Batch.Pair, _ batch: Batch, _ losses: UnsafePointer<Float>,
    _ derivatives: UnsafeMutablePointer<Float>
  ) -> Double {
    let weight = Double(pair.weight)
    var total = 0.0
    if let preference = terms.preference {
      let (final, finalDivisor) = PairScore.sum(pair.final, batch, losses, preference)
      let (draft, draftDivisor) = PairScore.sum(pair.draft, batch, losses, preference)
      let scores = PreferenceLoss.Scores(final: final / finalDivisor, draft: draft / draftDivisor)
      let zero = PreferenceLoss.Scores(final: 0, draft: 0)
      let value = preference.value(scores, reference: references[pair.document] ?? zero)
      let factor = weight * preference.pairWeight(editRate: pair.editRate) * terms.preferenceWeight
      total += factor * value.loss
      // A score falls by g / G as a token's loss rises.
      for (labels, slope) in [
        (pair.final, value.byFinal / finalDivisor), (pair.draft, value.byDraft / draftDivisor),
      ] {
        let share = factor * slope / Double(pairCount)
        for label in labels {
          derivatives[label] -= Float(share * preference.weight(isChanged: batch.labelIsChanged[label]))
        }
      }
    }
    if terms.unlikelihoodWeight > 0 {
      let cut = pair.draft.reduce(0) { $0 + (batch.labelIsChanged[$1] ? 1 : 0) }
      let share = weight * terms.unlikelihoodWeight / Double(max(cut, 1))
      for label in pair.draft where batch.labelIsChanged[label] {
        let value = Unlikelihood.value(tokenLoss: Double(losses[label]))
        total += share * value.loss
        derivatives[label] += Float(share * value.byTokenLoss / Double(pairCount))
      }
    }
    return total
  }
}

/// The score of a text in a pair; see ``PreferenceLoss``.
enum PairScore {
  /// Σ g·ln p over some labels of a batch, and what it is divided by.
  static func sum(
    _ labels: Range<Int>, _ batch: Batch, _ losses: UnsafePointer<Float>, _ preference: PreferenceLoss
  ) -> (sum: Double, divisor: Double) {
    var (sum, total) = (0.0, 0.0)
    for label in labels {
      let weight = preference.weight(isChanged: batch.labelIsChanged[label])
      sum -= weight * Double(losses[label])
      total += weight
    }
    return (sum, preference.divisor(total))
  }

  /// The scores of every pair of a batch.
  static func scores(
    _ batch: Batch, losses: [Float], _ preference: PreferenceLoss
  ) -> [(document: Int32, scores: PreferenceLoss.Scores)] {
    losses.withUnsafeBufferPointer { losses in
      guard let losses = losses.baseAddress else { return [] }
      return batch.pairs.map { pair in
        let (final, draft) = (
          sum(pair.final, batch, losses, preference), sum(pair.draft, batch, losses, preference)
        )
        return (
          pair.document,
          PreferenceLoss.Scores(final: final.sum / final.divisor, draft: draft.sum / draft.divisor)
        )
      }
    }
  }
}
