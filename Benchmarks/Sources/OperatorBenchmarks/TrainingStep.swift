import Benchmark
import Model
import Tensor
import Train

/// Registers one optimizer step of a rank-8 adapter over frozen random weights.
func registerTrainingStep(tokens: Int, shape: ModelConfiguration, pool: ThreadPool) {
  let weights = ParameterSet(of: shape)
  var random = RandomSource(seed: 0, stream: "benchmark")
  for index in 0..<weights.values.count { weights.values.base[index] = random.normal() * 0.02 }
  let adapter = LoRAAdapter(LoRAConfiguration(rank: 8, alpha: 16), for: shape)
  adapter.initialize(seed: 0)
  let decoder = Decoder(
    shape, weights: weights.tensors(of: shape), owner: weights, adapter: adapter, maxPositions: tokens,
    pool: pool)
  let optimizer = AdamWOptimizer(adapter.parameters, weightDecay: 0)
  var batch = Batch()
  let example = TrainingExample(
    tokens: (0...tokens).map { Int32($0 * 7919 % shape.vocabularySize) }, labelled: [1..<tokens + 1],
    document: 0)
  batch.fill(with: [0], of: [example])
  let engine = TrainingEngine(
    decoder, optimizer: optimizer, capacity: BatchCapacity(sequences: 1, tokens: tokens, labels: tokens),
    recomputesLayers: false)
  benchmark("training-step.\(shape.layerCount)-layers.\(tokens)") {
    _ = try engine.step(
      [batch], number: 1, learningRate: 1e-4, maxGradientNorm: 1, dropoutSeed: nil)
  }
}
