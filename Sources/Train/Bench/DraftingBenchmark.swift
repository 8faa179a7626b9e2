import Foundation
import Model
import Tensor

/// Measures reading a prompt and writing on from it, with the base alone and with an adapter beside it, and in the
/// same rounds what the machine's memory gives.
struct DraftingBenchmark {
  private static let rounds = 9
  private static let promptTokens = 512
  private static let draftTokens = 64

  /// Measures a base as it is held.
  ///
  /// - Parameter rank: of an adapter on all projections. Its values are random: a fresh one's zeros would do as well,
  ///   but need not cost the same.
  static func run(_ base: BaseModel, rank: Int, pool: ThreadPool) throws(GenerationError) -> DraftingFigures {
    // Without an end-of-text token, a model of random weights cannot end early.
    var configuration = base.configuration
    configuration.endOfText = []
    let prompt = Benchmark.randomTokens(
      min(promptTokens, configuration.contextLength / 2), configuration, 0)
    let count = min(draftTokens, configuration.contextLength - prompt.count - 1)
    // One token more than is asked for, so that every token counted was also fed back.
    let capacity = prompt.count + count + 1
    let adapter = LoRAAdapter(LoRAConfiguration(rank: rank), for: configuration)
    adapter.initialize(seed: 0)
    var random = RandomSource(seed: 0, stream: "benchmark adapter")
    for case let pair? in adapter.pairs.joined() {
      for index in 0..<pair.b.count { pair.b.base[index] = 0.01 * random.normal() }
    }
    let generators = [nil, adapter].map { adapter in
      TextGenerator(
        Decoder(
          configuration, weights: base.weights.tensors, owner: base.weights.owner, adapter: adapter,
          maxPositions: capacity, pool: pool), capacity: capacity)
    }
    var (prefill, bandwidth): ([Double], [Double]) = ([], [])
    var decode: [[Double]] = [[], []]
    for round in 0...rounds {
      for (index, generator) in generators.enumerated() {
        let result = try generator.generate(prompt: prompt, maxTokens: count, sampling: .greedy, seed: 0)
        // The first round touches the buffers.
        guard round > 0 else { continue }
        if index == 0 { prefill.append(Double(prompt.count) / result.prefillSeconds) }
        decode[index].append(Double(result.tokens.count) / result.decodeSeconds)
      }
      if round > 0 { bandwidth += MemoryBandwidth.measure(reads: 1, pool: pool) }
    }
    let table = base.weights.tensors.embedding
    let unread = configuration.isTied ? 0 : table.rows * table.rowBytes
    return DraftingFigures(
      format: table.format, prefill: Measurement(prefill), decode: Measurement(decode[0]),
      decodeWithAdapter: Measurement(decode[1]), memoryRead: Measurement(bandwidth),
      promptTokens: prompt.count,
      bytesPerToken: base.weights.byteCount - unread
        + (prompt.count + count / 2)
        * KVCache.byteCountPerToken(
          configuration, TextGenerator.dtype(for: base.weights.tensors)))
  }
}
