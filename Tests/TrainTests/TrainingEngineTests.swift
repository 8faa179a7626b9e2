import Foundation
import Model
import Tensor
import TestSupport
import Testing

@testable import Train

@Suite("Training engine")
struct TrainingEngineTests {
  /// The smollm2 fixture with its adapter, which changes every output.
  private struct Rig {
    let base: BaseModel
    let adapter: LoRAAdapter
    let optimizer: AdamWOptimizer
    let engine: TrainingEngine

    init(
      threads: Int = 2, dropout: Double = 0, weightDecay: Double = 0, recomputesLayers: Bool = false,
      sequences: [TrainingExample]
    ) throws {
      let pool = ThreadPool(threadCount: threads)
      base = try BaseModel(path: Fixtures.model("smollm2"), pool: pool)
      let stored = try AdapterFolder.read(Fixtures.adapter("smollm2"), for: base.configuration)
      var configuration = stored.configuration
      configuration.dropout = dropout
      adapter = LoRAAdapter(configuration, for: base.configuration)
      adapter.parameters.values.base.update(
        from: stored.parameters.values.base, count: adapter.parameters.values.count)
      optimizer = AdamWOptimizer(adapter.parameters, weightDecay: weightDecay)
      engine = TrainingEngine(
        base.decoder(adapter: adapter, maxPositions: 512, pool: pool), optimizer: optimizer,
        capacity: SequencePacking(
          examples: sequences, filling: .batchSize(sequences.count), shuffles: false, seed: 0
        ).capacity, recomputesLayers: recomputesLayers)
    }

    /// The gradient of the mean loss over all labels of the batches.
    func gradient(_ batches: [Batch], dropoutSeed: UInt64? = nil) -> (loss: Double, gradient: [Float]) {
      adapter.parameters.clearGradients()
      let objective = StepObjective(batches)
      let loss = batches.reduce(0) {
        $0 + engine.accumulateGradients($1, objective: objective, dropoutSeed: dropoutSeed)
      }
      return (loss, adapter.parameters.gradients.values)
    }

    @discardableResult
    func step(
      _ batches: [Batch], number: Int = 1, maxGradientNorm: Double = 1, dropoutSeed: UInt64? = nil
    ) throws -> StepResult {
      try engine.step(
        batches, number: number, learningRate: 1e-2, maxGradientNorm: maxGradientNorm,
        dropoutSeed: dropoutSeed)
    }
  }

  /// Sequences of unequal length, one of a single input token, some tokens without a label.
  private static let sequences = random(lengths: [21, 2, 9, 34, 13])
  /// Enough tokens that every operator splits its work into several tasks.
  private static let longSequences = random(lengths: [480, 2, 335, 401, 58])

  private static func random(lengths: [Int]) -> [TrainingExample] {
    var random = RandomSource(seed: 5, stream: "test")
    return lengths.enumerated().map { document, count in
      TrainingExample(
        tokens: (0..<count).map { _ in Int32(random.index(below: 316)) },
        labelled: count > 10 ? [1..<3, 6..<count] : [1..<count], document: document)
    }
  }

  private func batch(_ indices: [Int], of sequences: [TrainingExample] = sequences) -> Batch {
    var batch = Batch()
    batch.fill(with: indices, of: sequences)
    return batch
  }

  // Sums in another order: at most 80 tokens, each through some ten products of at most 88 terms a layer. A
  // hundred roundings of 2⁻²⁴, relative to the largest entry.
  private func bound(_ gradient: [Float]) -> Double {
    100 * 0x1p-24 * Double(gradient.reduce(0) { max($0, abs($1)) })
  }

  // The same of losses, which are up to 15 nats, and of their mean.
  private let lossBound = 100 * 0x1p-24 * 15.0

  @Test("Unequal sequences packed together give the losses and gradients of one by one")
  func packing() throws {
    let rig = try Rig(sequences: Self.sequences)
    let all = Array(Self.sequences.indices)
    let packed = rig.gradient([batch(all)])
    let single = rig.gradient(all.map { batch([$0]) })
    #expect(abs(packed.loss - single.loss) <= lossBound)
    #expect(largestDifference(packed.gradient, single.gradient) <= bound(single.gradient))

    let together = rig.engine.losses(batch(all))
    let alone = all.flatMap { rig.engine.losses(batch([$0])) }
    #expect(largestDifference(together, alone) <= lossBound)
  }

  @Test("Accumulated batches give the step of the big batch, whatever their numbers of labels")
  func accumulation() throws {
    let (one, two) = (try Rig(sequences: Self.sequences), try Rig(sequences: Self.sequences))
    let start = one.adapter.parameters.values.values
    let big = try one.step([batch([0, 1, 2, 3, 4])])
    let small = try two.step([batch([0]), batch([1, 2]), batch([3, 4])])
    #expect(abs(big.loss - small.loss) <= lossBound)
    #expect(big.labels == small.labels && big.tokens == small.tokens)
    let gradient = one.adapter.parameters.gradients.values
    let bound = bound(gradient)
    #expect(largestDifference(gradient, two.adapter.parameters.gradients.values) <= bound)
    // The norm of n differences of at most the bound is at most √n of it, and no norms differ by more.
    let normBound = Double(gradient.count).squareRoot() * bound
    #expect(abs(big.gradientNorm - small.gradientNorm) <= normBound)
    // Adam keeps a tenth of a first gradient, times a clip of at most 1 that is as uncertain as the norm, of which
    // no value of the gradient is more than the whole. It then moves each value by the rate times its sign.
    #expect(
      largestDifference(one.optimizer.firstMoments.values, two.optimizer.firstMoments.values)
        <= 0.1 * (bound + normBound))
    #expect(largestDifference(one.adapter.parameters.values.values, start) >= 0.009)
  }

  @Test("One, two and three threads give the same adapter, byte for byte", arguments: [0, 0.3])
  func threads(dropout: Double) throws {
    let results = try [1, 2, 3].map { threads in
      let rig = try Rig(threads: threads, dropout: dropout, sequences: Self.longSequences)
      let batches = [batch([0, 1, 2, 3], of: Self.longSequences), batch([4], of: Self.longSequences)]
      for number in 1...2 { try rig.step(batches, number: number, dropoutSeed: UInt64(number)) }
      return rig.adapter.parameters.values.values
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test("Layers computed again on the way back give the gradients of kept ones", arguments: [0, 0.3])
  func recomputation(dropout: Double) throws {
    let batches = [batch([0, 1], of: Self.longSequences), batch([2, 3, 4], of: Self.longSequences)]
    let kept = try Rig(dropout: dropout, sequences: Self.longSequences)
    let recomputed = try Rig(dropout: dropout, recomputesLayers: true, sequences: Self.longSequences)
    let (left, right) = (kept.gradient(batches, dropoutSeed: 9), recomputed.gradient(batches, dropoutSeed: 9))
    #expect(left.loss == right.loss)
    #expect(left.gradient == right.gradient)
    // Recomputing is worth it only where it needs less memory.
    let capacity = BatchCapacity(sequences: 5, tokens: 100, labels: 100)
    func bytes(_ recomputes: Bool) -> Int {
      TrainingEngine.plan(kept.engine.decoder, capacity: capacity, recomputesLayers: recomputes)
        .reduce(0) { $0 + $1.byteCount }
    }
    #expect(bytes(true) < bytes(false))
  }

  @Test("Dropout follows its seed, and no seed drops nothing")
  func dropout() throws {
    let rig = try Rig(dropout: 0.5, sequences: Self.sequences)
    let plain = try Rig(sequences: Self.sequences)
    let batches = [batch([0, 3])]
    let first = rig.gradient(batches, dropoutSeed: 1)
    #expect(rig.gradient(batches, dropoutSeed: 1).gradient == first.gradient)
    #expect(rig.gradient(batches, dropoutSeed: 2).loss != first.loss)
    #expect(rig.gradient(batches).gradient == plain.gradient(batches).gradient)
    // Accumulated copies of one batch draw masks of their own.
    let copies = try rig.step([batches[0], batches[0]], dropoutSeed: 1)
    #expect(copies.loss != first.loss)
  }

  @Test("Training leaves the base as it was, byte for byte, and moves every adapter tensor")
  func frozen() throws {
    let rig = try Rig(sequences: Self.sequences)
    func weights() -> [[Float]] {
      let tensors = rig.base.weights.tensors
      return [tensors.embedding.values, tensors.finalNorm.values, tensors.head.values]
        + tensors.layers.flatMap { layer in
          [layer.attentionNorm.values, layer.feedForwardNorm.values] + layer.projections.map(\.values)
        }
    }
    let before = weights()
    let parameters = rig.adapter.parameters
    let adapters = parameters.entries.indices.map { parameters.value($0).values }
    for number in 1...3 { try rig.step([batch([0, 1, 2, 3, 4])], number: number) }
    #expect(weights() == before)
    for (index, entry) in parameters.entries.enumerated() {
      #expect(parameters.value(index).values != adapters[index], "\(entry.name)")
    }
  }

  @Test("One batch can be learned by heart")
  func overfitting() throws {
    let rig = try Rig(sequences: Self.sequences)
    var losses: [Double] = []
    for number in 1...120 { losses.append(try rig.step([batch([0, 2, 4])], number: number).loss) }
    // Nothing predicts random tokens, of which 316 equally likely ones cost log 316 = 5.8 nats each. 0.05 nats is a
    // probability of 95 % for each, which takes having learned them by heart.
    #expect(losses[0] >= 5.7)
    #expect(losses[119] <= 0.05)
  }

  @Test("Clipping scales the whole gradient to the norm asked for, if it is larger", arguments: [0.25, 4, 0])
  func clipping(share: Double) throws {
    let norm = try Rig(sequences: Self.sequences).step([batch([0, 1, 2])]).gradientNorm
    let rig = try Rig(sequences: Self.sequences)
    let result = try rig.step([batch([0, 1, 2])], maxGradientNorm: share * norm)
    #expect(result.gradientNorm == norm)
    // Adam's first moments after one step are a tenth of the gradient that it was given. Torch's clip_grad_norm_
    // adds 1e-6 to the norm that it divides by; no norm asked for is no clipping.
    let clip = share == 0.25 ? 0.25 * norm / (norm + 1e-6) : 1
    let expected = rig.adapter.parameters.gradients.values.map { Float(0.1 * clip * Double($0)) }
    let largest = expected.reduce(0) { max($0, abs($1)) }
    // The clip, its product, the tenth and that product are rounded once each, and the expected value once.
    #expect(largestDifference(rig.optimizer.firstMoments.values, expected) <= 5 * 0x1p-24 * Double(largest))
  }

  @Test("Decay shrinks the adapter")
  func decay() throws {
    let rig = try Rig(weightDecay: 0.5, sequences: Self.sequences)
    let parameters = rig.adapter.parameters
    // Nothing labelled: no gradient, so that only the decay of 0.01 · 0.5 moves anything.
    let start = parameters.values.values
    let result = try rig.step([Batch()])
    #expect(result.loss == 0 && result.gradientNorm == 0)
    // One rounding of the product.
    #expect(
      largestDifference(parameters.values.values, start.map { $0 * 0.995 })
        <= 0x1p-23 * Double(start.reduce(0) { max($0, abs($1)) }))
  }

  @Test("A loss that is no number stops the step before anything moves", arguments: [Float.nan, .infinity])
  func nonFinite(poison: Float) throws {
    let rig = try Rig(sequences: Self.sequences)
    rig.adapter.parameters.value(1).base[0] = poison
    let before = rig.adapter.parameters.values.values.map(\.bitPattern)
    let error = #expect(throws: TrainingError.self) { try rig.step([batch([0])], number: 7) }
    #expect(rig.adapter.parameters.values.values.map(\.bitPattern) == before)
    let text = try #require(error).description
    #expect(text.hasPrefix("step 7: the loss is "))
    #expect(
      text.hasSuffix(
        "; expected finite numbers. Lower --learning-rate, or clip with --max-grad-norm 1."))
  }
}
