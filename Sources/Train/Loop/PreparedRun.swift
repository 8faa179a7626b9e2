import Files
import Foundation
import Model
import Tensor

/// A fine-tuning run made ready: base and archive read, batches planned, nothing computed yet.
struct PreparedRun {
  let options: TrainingOptions
  let base: BaseModel
  let dataset: Dataset
  let adapter: LoRAAdapter
  let pool: ThreadPool
  let maxSequenceLength: Int
  let packing: SequencePacking
  let evaluation: RowEvaluation?
  let decoder: Decoder
  /// The most that any batch of training or evaluation holds.
  let capacity: BatchCapacity

  /// Reads and plans.
  ///
  /// - Throws: `TrainingError.setting` for a setting out of range, and the errors of base, archive and adapter.
  init(base path: String, archives: [String], options: TrainingOptions) throws {
    try options.check()
    self.options = options
    pool = ThreadPool(threadCount: options.threads ?? ProcessInfo.processInfo.activeProcessorCount)
    // The archive first: it is what a writer changes between two tries.
    let archive = try Archive(paths: archives, skipBadRows: options.skipsBadRows)
    base = try BaseModel(path: path, pool: pool)
    maxSequenceLength = try options.sequenceLength(for: base)
    let coder = BaseTokenCoder(base)
    dataset = try Dataset(
      archive, tokenizer: coder,
      settings: Dataset.Settings(
        maxSequenceLength: maxSequenceLength, masksPrompt: options.masksPrompt,
        validFraction: options.validFraction))

    if let initial = options.initialAdapter {
      try AdapterFingerprint.check(initial, for: base)
      adapter = try AdapterFolder.read(initial, for: base.configuration)
    } else {
      adapter = LoRAAdapter(options.adapter, for: base.configuration)
      adapter.initialize(seed: options.seed)
    }
    decoder = base.decoder(adapter: adapter, maxPositions: maxSequenceLength, pool: pool)
    packing = SequencePacking(
      examples: dataset.training,
      filling: options.batchSize.map { .batchSize($0) } ?? .tokenBudget(maxSequenceLength),
      shuffles: options.shuffles, seed: options.seed)
    evaluation =
      dataset.heldOut.isEmpty
      ? nil
      : RowEvaluation(
        dataset.heldOut, learnedBytes: dataset.learnedBytes, tokenBudget: maxSequenceLength)
    capacity = BatchCapacity(
      sequences: max(packing.capacity.sequences, evaluation?.capacity.sequences ?? 0),
      tokens: max(packing.capacity.tokens, evaluation?.capacity.tokens ?? 0),
      labels: max(packing.capacity.labels, evaluation?.capacity.labels ?? 0))
  }

  /// What the run will keep in memory.
  var memoryPlan: MemoryPlan {
    MemoryPlan(
      weights: base.weights.byteCount, adapter: adapter.parameters,
      workspace: TrainingEngine.plan(decoder, capacity: capacity, recomputesLayers: options.recomputesLayers))
  }

  /// The steps of the run.
  var stepPlan: StepPlan {
    StepPlan(
      packing, epochs: options.epochs, maxSteps: options.maxSteps,
      accumulation: options.gradientAccumulationSteps)
  }
}

extension TrainingOptions {
  /// The longest sequence: as set, else the smaller of 1,024 tokens and the base's context.
  ///
  /// - Throws: `TrainingError.setting` where the base cannot read as much.
  func sequenceLength(for base: BaseModel) throws -> Int {
    let context = base.configuration.contextLength
    let length = maxSequenceLength ?? min(1024, context)
    guard length <= context else {
      throw TrainingError.setting(
        "--max-seq-length is \(length); expected at most \(context), the context of \(base.path). Lower it.")
    }
    return length
  }

  /// Refuses settings out of their ranges.
  func check() throws {
    func require(_ holds: Bool, _ flag: String, _ found: some CustomStringConvertible, _ expected: String)
      throws
    {
      guard holds else {
        throw TrainingError.setting("\(flag) is \(found); expected \(expected). Change it.")
      }
    }
    let whole = "a whole number from 1"
    try require(epochs >= 1 && epochs <= 1000, "--epochs", epochs, "a whole number from 1 to 1000")
    if let maxSteps { try require(maxSteps >= 1, "--max-steps", maxSteps, whole) }
    try require(
      adapter.rank >= 1 && adapter.rank <= 1024, "--rank", adapter.rank, "a whole number from 1 to 1024")
    try require(adapter.alpha > 0 && adapter.alpha.isFinite, "--alpha", adapter.alpha, "a positive number")
    try require((0..<1).contains(adapter.dropout), "--dropout", adapter.dropout, "a number from 0 to below 1")
    if case .value(let rate) = learningRate {
      try require(rate > 0 && rate.isFinite, "--learning-rate", rate, "a positive number or auto")
    }
    try require((0...1).contains(warmupRatio), "--warmup-ratio", warmupRatio, "a number from 0 to 1")
    try require(weightDecay >= 0 && weightDecay.isFinite, "--weight-decay", weightDecay, "a number from 0")
    try require(
      maxGradientNorm >= 0 && maxGradientNorm.isFinite, "--max-grad-norm", maxGradientNorm, "a number from 0")
    if let batchSize { try require(batchSize >= 1, "--batch-size", batchSize, whole) }
    if let maxSequenceLength {
      try require(
        maxSequenceLength >= ExampleEncoder.minimumSequenceLength, "--max-seq-length", maxSequenceLength,
        "a whole number from \(ExampleEncoder.minimumSequenceLength)")
    }
    try require(
      gradientAccumulationSteps >= 1, "--grad-accumulation-steps", gradientAccumulationSteps, whole)
    try require(
      (0..<1).contains(validFraction), "--valid-fraction", validFraction, "a number from 0 to below 1")
    try require(
      compute != .bfloat16, "--compute", compute.rawValue, "auto or f32, which this version computes in")
    if let threads {
      try require((1...1024).contains(threads), "--threads", threads, "a whole number from 1 to 1024")
    }
  }
}
