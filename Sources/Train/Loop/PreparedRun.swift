import Files
import Foundation
import Model
import Tensor

/// A fine-tuning run made ready: base and archive read, batches planned, nothing computed yet.
struct PreparedRun {
  let options: TrainingOptions
  let base: BaseModel
  /// Of the base's files: to read all of them takes one thread as long as everything else here.
  let fingerprints: BackgroundWork<BaseFingerprints>
  let dataset: Dataset
  /// What pairs of final and draft add to the loss.
  let pairTerms: PairTerms
  let adapter: LoRAAdapter
  /// The pins of the rows that the adapter to begin with was trained on; nil where nothing tells them.
  let trainedBefore: Set<String>?
  let pool: ThreadPool
  let maxSequenceLength: Int
  let packing: SequencePacking
  let evaluation: RowEvaluation?
  /// Scores the held-out finals against their drafts; nil where there are none.
  let editEvaluation: EditEvaluation?
  /// Scores the pairs to train on as they are before the first step; nil where no term asks for it.
  let referenceEvaluation: EditEvaluation?
  let decoder: Decoder
  /// The most that any batch of training or evaluation holds.
  let capacity: BatchCapacity
  /// The steps of the run.
  let stepPlan: StepPlan
  /// What the run will keep in memory.
  let memoryPlan: MemoryPlan
  /// The size of the run.
  let size: TrainingSize

  /// Reads and plans.
  ///
  /// - Throws: `TrainingError.setting` for a setting out of range, `TrainingError.memory` for a base that does not
  ///   fit, and the errors of base, archive and adapter.
  init(base path: String, archives: [String], options: TrainingOptions) throws {
    try options.check()
    self.options = options
    pool = ThreadPool(threadCount: options.threads ?? ProcessInfo.processInfo.activeProcessorCount)
    fingerprints = BackgroundWork { try BaseFingerprints(path: path) }
    // The archive first: it is what a writer changes between two tries.
    let archive = try Archive(paths: archives, skipBadRows: options.skipsBadRows)
    // Before the base is read, which the plan counts.
    let available = AvailableMemory.bytes()
    let shape = try ModelConfiguration(contentsOf: "\(path)/config.json")
    try MemoryPlan.check(options.holding.byteCount(values: shape.parameterCount), available: available)
    let dtype = options.compute.dtype
    base = try BaseModel(path: path, holding: options.holding, pool: pool)
    maxSequenceLength = try options.sequenceLength(for: base)
    let coder = BaseTokenCoder(base)
    trainedBefore =
      if let initial = options.initialAdapter {
        try RunRecord.read(initial).flatMap(RowPins.init(record:))?.training
      } else {
        []
      }
    var settings = Dataset.Settings(
      maxSequenceLength: maxSequenceLength, masksPrompt: options.masksPrompt,
      validFraction: options.validFraction, objective: options.objective)
    settings.trainedBefore = trainedBefore
    var dataset = try Dataset(archive, tokenizer: coder, settings: settings)
    let pairCount = dataset.pairCount
    pairTerms = options.pairTerms(pairs: pairCount)
    if pairTerms.isEmpty { dataset.dropDrafts() }
    self.dataset = dataset

    if options.learningRate == .automatic, dataset.heldOut.isEmpty {
      throw TrainingError.setting(
        "--learning-rate is auto and nothing is held out; expected held-out documents to compare rates on."
          + " Raise --valid-fraction or give a rate.")
    }

    if let initial = options.initialAdapter {
      try AdapterFingerprint.check(initial, for: base, fingerprints: fingerprints.value())
      adapter = try AdapterFolder.read(initial, for: base.configuration)
    } else {
      adapter = LoRAAdapter(options.adapter, for: base.configuration)
      adapter.initialize(seed: options.seed)
    }
    decoder = base.decoder(
      adapter: adapter, dtype: dtype, maxPositions: maxSequenceLength, pool: pool)
    packing = SequencePacking(
      examples: dataset.training,
      filling: options.batchSize.map { .batchSize($0) } ?? .tokenBudget(maxSequenceLength),
      shuffles: options.shuffles, seed: options.seed)
    evaluation =
      dataset.heldOut.isEmpty
      ? nil
      : RowEvaluation(
        dataset.heldOut, learnedBytes: dataset.learnedBytes, tokenBudget: maxSequenceLength)
    editEvaluation =
      dataset.heldOutPairs.isEmpty
      ? nil : EditEvaluation(dataset.heldOutPairs, tokenBudget: maxSequenceLength)
    referenceEvaluation =
      pairTerms.preference?.needsReference == true
      ? EditEvaluation(dataset.training.filter { $0.draft != nil }, tokenBudget: maxSequenceLength) : nil
    capacity = [
      packing.capacity, evaluation?.capacity, editEvaluation?.capacity, referenceEvaluation?.capacity,
    ].compactMap(\.self).reduce(BatchCapacity(sequences: 0, tokens: 0, labels: 0)) { $0.union($1) }
    stepPlan = StepPlan(
      packing, epochs: options.epochs, maxSteps: options.maxSteps,
      accumulation: options.gradientAccumulationSteps)
    memoryPlan = MemoryPlan(
      weights: base.weights.byteCount, adapter: adapter.parameters,
      workspace: TrainingEngine.plan(
        decoder, capacity: capacity, recomputesLayers: options.recomputesLayers),
      available: available)
    size = TrainingSize(
      trainableParameters: adapter.parameters.parameterCount,
      baseParameters: base.configuration.parameterCount, steps: stepPlan.totalSteps,
      tokens: stepPlan.tokenCount { [examples = dataset.training] in examples[$0].inputCount },
      edits: EditPlan(
        edits: dataset.trainingEditCount, pairs: pairCount, objective: options.objective, terms: pairTerms))
  }
}
