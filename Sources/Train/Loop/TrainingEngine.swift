import Foundation
import Model
import Tensor

/// What one optimizer step did.
public struct StepResult: Equatable, Sendable {
  /// The step's objective before its update: the weighted mean loss of its labelled tokens in nats, and what pairs add.
  public let loss: Double
  /// The norm of all gradients, before clipping.
  public let gradientNorm: Double
  /// The tokens computed.
  public let tokens: Int
  /// The labelled tokens among them.
  public let labels: Int
  /// Seconds from the first to the last operator.
  public let seconds: Double
}

/// Runs batches through a decoder: losses, gradients and optimizer steps. Its memory is laid out once, before
/// the first batch.
public final class TrainingEngine {
  /// The decoder whose gradients are computed.
  public let decoder: Decoder
  private let optimizer: (any Optimizer)?
  private let activations: Activations
  private let head: LanguageModelHead
  private let tokenLosses: Matrix
  /// The derivatives of a step's loss by those of its tokens.
  private let lossDerivatives: Matrix

  /// Lays out everything that batches of the given capacity take.
  ///
  /// - Parameter optimizer: nil for an engine that only evaluates.
  public init(
    _ decoder: Decoder, optimizer: (any Optimizer)?, capacity: BatchCapacity, recomputesLayers: Bool
  ) {
    self.decoder = decoder
    self.optimizer = optimizer
    let purpose: Activations.Purpose =
      optimizer == nil ? .inference : .training(recomputesLayers: recomputesLayers)
    let plan = Workspace.planning()
    _ = TrainingEngine.layOut(decoder, capacity, purpose, plan)
    (activations, head, tokenLosses, lossDerivatives) = TrainingEngine.layOut(
      decoder, capacity, purpose, Workspace(byteCount: plan.byteCount))
  }

  /// The buffers that an engine of this capacity would take, without taking them.
  public static func plan(
    _ decoder: Decoder, capacity: BatchCapacity, recomputesLayers: Bool
  ) -> [Workspace.Entry] {
    let plan = Workspace.planning()
    _ = layOut(decoder, capacity, .training(recomputesLayers: recomputesLayers), plan)
    return plan.entries
  }

  private static func layOut(
    _ decoder: Decoder, _ capacity: BatchCapacity, _ purpose: Activations.Purpose, _ workspace: Workspace
  ) -> (Activations, LanguageModelHead, Matrix, Matrix) {
    (
      Activations(decoder, tokenCapacity: capacity.tokens, purpose: purpose, workspace: workspace),
      LanguageModelHead(
        decoder, capacity: capacity.labels, trains: purpose != .inference, workspace: workspace),
      workspace.take("head", rows: capacity.labels, columns: 1),
      workspace.take("head", rows: capacity.labels, columns: 1)
    )
  }

  /// Computes the gradients of a step's objective over all batches together, and takes one step.
  ///
  /// The sums over tokens and pairs are divided once by what all batches hold, so that accumulation equals one large
  /// batch.
  ///
  /// - Parameters:
  ///   - terms: what pairs of final and draft add to the weighted mean of the token losses.
  ///   - references: the scores of pairs before the first step, by document.
  ///   - maxGradientNorm: clips as `torch.nn.utils.clip_grad_norm_` does; 0 never.
  ///   - dropoutSeed: differs from step to step.
  /// - Throws: `TrainingError.nonFinite` before the parameters change.
  public func step(
    _ batches: [Batch], number: Int, learningRate: Double, maxGradientNorm: Double, dropoutSeed: UInt64?,
    terms: PairTerms = .none, references: [Int32: PreferenceLoss.Scores] = [:]
  ) throws -> StepResult {
    guard let optimizer else { preconditionFailure("an engine without an optimizer cannot step") }
    let clock = ContinuousClock()
    let began = clock.now
    let objective = StepObjective(batches, terms: terms, references: references)
    optimizer.parameters.clearGradients()
    var loss = 0.0
    for (index, batch) in batches.enumerated() {
      // An odd multiplier keeps the masks of accumulated batches apart.
      let seed = dropoutSeed.map { $0 &+ UInt64(index) &* 0xd1b5_4a32_d192_ed03 }
      loss += accumulateGradients(batch, objective: objective, dropoutSeed: seed)
    }
    let norm = optimizer.gradientNorm(pool: decoder.pool)
    guard loss.isFinite, norm.isFinite else {
      throw TrainingError.nonFinite(step: number, loss: loss, gradientNorm: norm)
    }
    let clip = maxGradientNorm > 0 ? min(1, maxGradientNorm / (norm + 1e-6)) : 1
    optimizer.update(learningRate: learningRate, gradientScale: Float(clip), pool: decoder.pool)
    return StepResult(
      loss: loss, gradientNorm: norm, tokens: batches.reduce(0) { $0 + $1.tokenCount },
      labels: batches.reduce(0) { $0 + $1.labelCount }, seconds: (clock.now - began) / .seconds(1))
  }

  /// Adds the gradient of a batch's part in a step's objective, and returns that part.
  func accumulateGradients(_ batch: Batch, objective: StepObjective, dropoutSeed: UInt64?) -> Double {
    guard !batch.labels.isEmpty else { return 0 }
    return withTokens(of: batch) { tokens, rows, labels in
      let stream = decoder.forward(tokens, activations: activations, dropoutSeed: dropoutSeed)
      guard let dStream = decoder.streamGradient(activations, tokens: tokens.ids.count) else { return 0 }
      objective.setWeights(of: batch, in: lossDerivatives.base)
      var pairs = 0.0
      if objective.comparesPairs(of: batch) {
        // A pair's derivatives follow from its losses; the head is computed once more for them, the layers are not.
        head.loss(of: stream, rows: rows, labels: labels, into: tokenLosses.base)
        pairs = objective.addPairs(of: batch, losses: tokenLosses.base, to: lossDerivatives.base)
      }
      head.lossAndGradient(
        of: stream, rows: rows, labels: labels,
        labelWeights: UnsafeBufferPointer(start: lossDerivatives.base, count: labels.count),
        into: tokenLosses.base, dStream: dStream)
      decoder.backward(tokens, activations: activations, dropoutSeed: dropoutSeed)
      return pairs + objective.weightedMean(batch, losses: tokenLosses.base)
    }
  }

  /// Computes the loss of every label of a batch in nats, in the order of its labels.
  ///
  /// - Parameter other: a decoder of the same shape to evaluate instead, such as the base without its adapter.
  public func losses(_ batch: Batch, with other: Decoder? = nil) -> [Float] {
    guard !batch.labels.isEmpty else { return [] }
    return withTokens(of: batch) { tokens, rows, labels in
      let stream = (other ?? decoder).forward(tokens, activations: activations)
      head.loss(of: stream, rows: rows, labels: labels, into: tokenLosses.base)
      return Array(UnsafeBufferPointer(start: tokenLosses.base, count: labels.count))
    }
  }

  /// Computes the logits that predict a batch's first labels, V for each.
  ///
  /// - Parameter other: a decoder of the same shape to evaluate instead.
  func logits(_ batch: Batch, labels count: Int, with other: Decoder? = nil) -> [Float] {
    let vocabulary = decoder.configuration.vocabularySize
    return withTokens(of: batch) { tokens, rows, _ in
      let rows = UnsafeBufferPointer(rebasing: rows.prefix(count))
      let logits = Storage(count: rows.count * vocabulary)
      let stream = (other ?? decoder).forward(tokens, activations: activations)
      head.logits(of: stream, rows: rows, into: logits.matrix(rows: rows.count, columns: vocabulary))
      return Array(UnsafeBufferPointer(start: logits.base, count: logits.count))
    }
  }

  private func withTokens<Result>(
    of batch: Batch,
    _ body: (Decoder.Tokens, UnsafeBufferPointer<Int32>, UnsafeBufferPointer<Int32>) -> Result
  ) -> Result {
    batch.ids.withUnsafeBufferPointer { ids in
      batch.positions.withUnsafeBufferPointer { positions in
        batch.labelRows.withUnsafeBufferPointer { rows in
          batch.labels.withUnsafeBufferPointer { labels in
            body(Decoder.Tokens(ids: ids, positions: positions, offsets: batch.offsets), rows, labels)
          }
        }
      }
    }
  }
}
