import Files
import Foundation
import Model
import Tensor

/// Measures training, prefill and decoding on a base, and in the same run what the machine's matrix products reach.
///
/// The peak is measured before, between and after the training steps, because machines that others share change
/// their speed by the second; every figure is a median.
public struct Benchmark {
  /// The base's folder.
  public var basePath: String
  /// Rank, batch size, sequence length, steps, arithmetic, rounding of the weights and threads; the rest is not used.
  public var options: TrainingOptions

  /// The rows and columns of the matrices whose products measure the peak.
  var peakSize = 2048

  /// The shape of a batch unless told: that of the published comparisons.
  public static let defaultBatchSize = 4
  /// The input tokens of a sequence unless told.
  public static let defaultSequenceLength = 256
  /// The adapter's rank unless told.
  public static let defaultRank = 8
  /// The timed steps unless told.
  public static let defaultSteps = 8

  private static let largestBatchSize = 4096
  /// The products that are timed before and after the steps; one more follows each step.
  private static let outerProducts = 3

  /// Describes a measurement; nothing is read before `start`.
  public init(basePath: String, options: TrainingOptions) {
    self.basePath = basePath
    self.options = options
  }

  /// Measures.
  ///
  /// - Parameter onStep: called before each training step with its number and their count.
  /// - Throws: `TrainingError` for a setting out of range or a plan that does not fit; the errors of the base.
  public func start(onStep: (Int, Int) -> Void = { _, _ in }) throws -> BenchmarkReport {
    try options.check()
    let pool = ThreadPool(threadCount: options.threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let base = try BaseModel(path: basePath, holding: options.holding, pool: pool)
    let context = base.configuration.contextLength
    let length = options.maxSequenceLength ?? min(Self.defaultSequenceLength, context)
    guard length <= context else {
      throw TrainingError.setting(
        "--max-seq-length is \(length); expected at most \(context), the context of \(basePath). Lower it.")
    }
    // Examples of all sequences are made before the memory plan is.
    guard (options.batchSize ?? 1) <= Self.largestBatchSize else {
      throw TrainingError.setting(
        "--batch-size is \(options.batchSize ?? 1); expected at most \(Self.largestBatchSize). Lower it.")
    }
    let training = try Training(base, options, length: length, pool: pool)
    func measurePeak(_ products: Int) -> [Double] {
      MatrixProduct.measurePeak(
        options.compute.dtype, inIntegers: options.compute == .int8, size: peakSize, products: products,
        pool: pool)
    }
    var peak = measurePeak(Self.outerProducts)
    let steps = options.maxSteps ?? Self.defaultSteps
    var (rates, distances): ([Double], [Double]) = ([], [])
    // Step 0 warms up: it is the first to touch the buffers.
    for number in 0...steps {
      onStep(number, steps)
      let result = try training.step(number)
      guard number > 0 else { continue }
      rates.append(Double(result.tokens) / result.seconds)
      peak += measurePeak(1)
      if let distance = ThreadDistance.measure(pool: pool) { distances.append(distance) }
    }
    peak += measurePeak(Self.outerProducts)
    // The largest part of a process's life ends here; generation takes less.
    let peakBytes = MemoryPlan.peakResidentBytes()
    let drafting = try DraftingBenchmark.run(
      BaseModel(path: basePath, holding: WeightHolding(drafting: options.quantization), pool: pool),
      rank: options.adapter.rank, pool: pool)
    return BenchmarkReport(
      basePath: basePath, parameters: base.configuration.parameterCount, compute: options.compute.resolved,
      quantization: options.quantization, threads: pool.threadCount, rank: options.adapter.rank,
      batchSize: training.batchSize, sequenceLength: length,
      work: TrainingWork(base.configuration, adapter: options.adapter, sequenceLength: length),
      peak: Measurement(peak), training: Measurement(rates),
      threadDistance: distances.isEmpty ? nil : Measurement(distances), drafting: drafting,
      plannedBytes: training.plannedBytes, peakBytes: peakBytes)
  }

  static func randomTokens(_ count: Int, _ model: ModelConfiguration, _ sequence: Int) -> [Int32] {
    var random = RandomSource(seed: UInt64(sequence), stream: "benchmark tokens")
    return (0..<count).map { _ in Int32.random(in: 0..<Int32(model.vocabularySize), using: &random) }
  }

  /// An adapter in training on random tokens, all of them labelled.
  private struct Training {
    let batchSize: Int
    let plannedBytes: Int
    private let engine: TrainingEngine
    private let batch: Batch

    init(_ base: BaseModel, _ options: TrainingOptions, length: Int, pool: ThreadPool) throws {
      batchSize = options.batchSize ?? Benchmark.defaultBatchSize
      let adapter = LoRAAdapter(options.adapter, for: base.configuration)
      adapter.initialize(seed: options.seed)
      let decoder = base.decoder(
        adapter: adapter, dtype: options.compute.dtype, maxPositions: length, pool: pool)
      // Sequences of one token more than are read: the last is only predicted.
      let examples = (0..<batchSize).map {
        TrainingExample(
          tokens: Benchmark.randomTokens(length + 1, base.configuration, $0), labelled: [1..<length + 1],
          document: $0)
      }
      let capacity = BatchCapacity(
        sequences: batchSize, tokens: batchSize * length, labels: batchSize * length)
      let plan = MemoryPlan(
        weights: base.weights.byteCount, adapter: adapter.parameters,
        workspace: TrainingEngine.plan(
          decoder, capacity: capacity, recomputesLayers: options.recomputesLayers),
        // The base is in memory already, and the plan counts it.
        available: AvailableMemory.bytes().map { $0 + base.weights.byteCount })
      try plan.check()
      plannedBytes = plan.totalBytes
      engine = TrainingEngine(
        decoder, optimizer: AdamWOptimizer(adapter.parameters, weightDecay: 0), capacity: capacity,
        recomputesLayers: options.recomputesLayers)
      var batch = Batch(capacity: capacity)
      batch.fill(with: Array(examples.indices), of: examples)
      self.batch = batch
    }

    func step(_ number: Int) throws -> StepResult {
      try engine.step(
        [batch], number: number, learningRate: 1e-4, maxGradientNorm: 1, dropoutSeed: nil)
    }
  }
}

/// Several samples of one figure.
public struct Measurement: Equatable, Sendable {
  /// The samples in the order in which they were taken; at least one.
  public let samples: [Double]

  /// Keeps the samples.
  public init(_ samples: [Double]) {
    precondition(!samples.isEmpty, "a measurement without a sample")
    self.samples = samples
  }

  /// The middle sample, or the mean of the two in the middle.
  public var median: Double {
    let sorted = samples.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
  /// The smallest sample.
  public var minimum: Double { samples.min() ?? 0 }
  /// The largest sample.
  public var maximum: Double { samples.max() ?? 0 }
}
