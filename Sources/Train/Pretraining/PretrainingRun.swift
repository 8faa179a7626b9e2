import Checkpoint
import Files
import Foundation
import Model
import Tensor
import Tokenizer

/// Trains a small Llama-layout base from scratch: a vocabulary first, then every weight, through the same layers
/// and the same engine as fine-tuning.
///
/// The folder is an ordinary Hugging Face model after every evaluation, beside the checkpoint to resume from.
public struct PretrainingRun {
  /// What happens in a run, in order.
  public enum Event: Sendable {
    /// The vocabulary is being trained from the texts.
    case trainingVocabulary
    /// The folder has a vocabulary of so many tokens already, which is used.
    case foundVocabulary(tokens: Int)
    /// So many documents have been tokenised.
    case tokenizing(documents: Int)
    /// Training begins, or goes on after `step` steps.
    case started(step: Int, parameters: Int, trainingTokens: Int, windows: Int)
    /// One optimizer step; tokens since the beginning of the whole run.
    case step(number: Int, result: StepResult, learningRate: Double, tokensSeen: Int)
    /// An evaluation on the held-out texts, whose weights and checkpoint are on disk.
    case evaluated(step: Int, bitsPerByte: Double, loss: Double)
    /// The run ended; `stopped` is whether it was asked to before its last step.
    case finished(step: Int, stopped: Bool)
  }

  /// The training texts, JSON Lines with `text` and an optional `source`.
  public var texts: [String]
  /// The held-out texts.
  public var validation: [String]
  /// Where the base goes.
  public var folder: String
  /// A base whose weights, shape and vocabulary the run begins with; nil starts from scratch.
  public var initialModel: String?
  /// The settings. Their shape is for a run from scratch; one that begins with a base has the base's, and so has one
  /// that resumes, which refuses another.
  public var options: PretrainingOptions

  /// Describes a run; nothing is read before `start`.
  public init(
    texts: [String], validation: [String], folder: String, initialModel: String? = nil,
    options: PretrainingOptions
  ) {
    self.texts = texts
    self.validation = validation
    self.folder = folder
    self.initialModel = initialModel
    self.options = options
  }

  private static let endOfText = "<|endoftext|>"

  /// Runs to the last step, or until `stop` is set.
  ///
  /// - Throws: `TrainingError` for settings out of range, a run that does not fit into memory, a checkpoint of another
  ///   run or a loss that is no number; errors of the texts and of writing.
  public func start(stop: StopRequest, onEvent: (Event) -> Void) throws {
    try check()
    let checkpoint = "\(folder)/\(TrainingCheckpoint.name)"
    try checkFolder(checkpoint)
    try AtomicFile.createDirectory(folder)
    let lock = try FolderLock(folder, patience: .zero)
    defer { withExtendedLifetime(lock) {} }
    // Another run may have begun here between the two.
    try checkFolder(checkpoint)
    if let initialModel, !options.resumes {
      let tokenizer = try MappedFile(path: "\(initialModel)/tokenizer.json")
      try withExtendedLifetime(tokenizer) {
        try AtomicFile.write(tokenizer.bytes, to: "\(folder)/tokenizer.json")
      }
    }
    let (tokenizer, endOfText) = try vocabulary(onEvent)
    let configuration = try configuration(vocabularySize: tokenizer.vocabularySize, endOfText)
    let memory = PretrainingMemory(configuration)
    try memory.check()
    let parameters = ParameterSet(of: configuration)
    let optimizer = MuonOptimizer(parameters, weightDecay: options.weightDecay)
    let engine = try engine(configuration, parameters, optimizer, memory)
    let blocks = [("values", parameters.values)] + optimizer.state
    var state = PretrainingState()
    if options.resumes {
      state = try PretrainingState(
        json: TrainingCheckpoint.readState(checkpoint), options: options, path: checkpoint)
      try TrainingCheckpoint.read(checkpoint, into: blocks)
      optimizer.step = state.step
    } else if let initialModel {
      let pool = ThreadPool(threadCount: 1)
      // Reading it as a base checks every tensor.
      _ = try BaseModel(path: initialModel, pool: pool)
      let checkpoint = try CheckpointFolder(path: initialModel)
      for (index, entry) in parameters.entries.enumerated() {
        try checkpoint.tensor(named: entry.name).copy(to: parameters.value(index).base, pool: pool)
      }
    } else {
      PretrainingRun.initialize(parameters, layers: configuration.layerCount, seed: options.seed)
      state.askedVocabulary = options.shape.sizes.vocabularySize
    }

    func corpus(_ paths: [String], weight: (String?) -> Int) throws -> PretrainingCorpus {
      try PretrainingCorpus(
        paths, tokenizer: tokenizer, endOfText: endOfText, windowLength: options.maxSequenceLength,
        weight: weight
      ) { onEvent(.tokenizing(documents: $0)) }
    }
    let training = try corpus(texts, weight: options.weight(ofSource:))
    guard !training.windows.isEmpty else {
      throw TrainingError.setting(
        "\(texts.joined(separator: ", ")): found no text; expected {\"text\": …} lines. Give other files.")
    }
    let heldOut = try corpus(validation) { _ in 1 }

    onEvent(
      .started(
        step: state.step, parameters: configuration.parameterCount, trainingTokens: training.tokenCount,
        windows: training.windows.count))
    let schedule = LearningRateSchedule(
      shape: options.schedule, peak: options.learningRate,
      warmupRatio: Double(options.warmupSteps) / Double(options.maxSteps), totalSteps: options.maxSteps)
    var order = training.order(epoch: state.epoch, seed: options.seed)
    var batch = Batch()
    var savedStep: Int?
    func save() throws {
      guard savedStep != state.step else { return }
      savedStep = state.step
      let (loss, bits) = evaluate(heldOut, engine)
      // A run killed between two of these can be resumed: it needs the configuration, and writes the weights anew.
      try PretrainedModel.write(configuration, endOfText: PretrainingRun.endOfText, to: folder)
      try TrainingCheckpoint.write(blocks, state: state.json(options), to: checkpoint)
      try PretrainedModel.write(parameters, to: folder)
      onEvent(.evaluated(step: state.step, bitsPerByte: bits, loss: loss))
    }
    while state.step < options.maxSteps && !stop.isStopping {
      training.fill(&batch, with: state.nextWindows(of: training, order: &order, options: options))
      state.step += 1
      let rate = schedule.rate(step: state.step)
      let result = try engine.step(
        [batch], number: state.step, learningRate: rate, maxGradientNorm: options.maxGradientNorm,
        dropoutSeed: nil)
      state.tokensSeen += result.tokens
      onEvent(.step(number: state.step, result: result, learningRate: rate, tokensSeen: state.tokensSeen))
      if state.step % options.evaluationInterval == 0 { try save() }
    }
    try save()
    onEvent(.finished(step: state.step, stopped: state.step < options.maxSteps))
  }

  /// The shape of the base that the run continues or begins with, for this run's sequences; from scratch, that of
  /// the settings.
  private func configuration(vocabularySize: Int, _ endOfText: Int32) throws -> ModelConfiguration {
    guard let source = options.resumes ? folder : initialModel else {
      let sizes = options.shape.sizes
      return ModelConfiguration(
        vocabularySize: vocabularySize, hiddenSize: sizes.hiddenSize,
        intermediateSize: sizes.intermediateSize, layerCount: sizes.layerCount, headCount: sizes.headCount,
        keyValueHeadCount: sizes.keyValueHeadCount, contextLength: options.maxSequenceLength,
        endOfText: [endOfText])
    }
    var configuration = try ModelConfiguration(contentsOf: "\(source)/config.json")
    if options.resumes {
      let state = try TrainingCheckpoint.readState("\(folder)/\(TrainingCheckpoint.name)")
      try options.shape.check(
        against: configuration, askedVocabulary: PretrainingState.askedVocabulary(in: state), folder: folder)
    }
    configuration.contextLength = max(configuration.contextLength, options.maxSequenceLength)
    return configuration
  }

  /// - Throws: `TrainingError.memory` where a step does not fit into memory; nothing of it is touched before.
  private func engine(
    _ configuration: ModelConfiguration, _ parameters: ParameterSet, _ optimizer: MuonOptimizer,
    _ memory: PretrainingMemory
  ) throws -> TrainingEngine {
    let decoder = Decoder(
      configuration, weights: parameters.tensors(of: configuration),
      gradients: parameters.gradientTensors(of: configuration), owner: parameters, adapter: nil,
      maxPositions: options.maxSequenceLength,
      pool: ThreadPool(threadCount: options.threads ?? ProcessInfo.processInfo.activeProcessorCount))
    let tokens = options.batchTokens
    let capacity = BatchCapacity(sequences: tokens, tokens: tokens, labels: tokens)
    try memory.check(
      workspace: TrainingEngine.plan(decoder, capacity: capacity, recomputesLayers: false))
    return TrainingEngine(decoder, optimizer: optimizer, capacity: capacity, recomputesLayers: false)
  }

  private func check() throws {
    func require(_ holds: Bool, _ text: String) throws {
      if !holds { throw TrainingError.setting(text) }
    }
    let sizes = options.shape.sizes
    // More than this is a mistake: every repeat is kept in memory, and one source would outweigh the corpus.
    let weights = options.sourceWeights.sorted { $0.key < $1.key }.map {
      ("--source-weight \($0.key)", $0.value, 1...1000)
    }
    for (flag, value, range) in [
      // The 256 bytes and the token that ends a text are in every vocabulary.
      ("--vocab-size", sizes.vocabularySize, 257...PretrainingCorpus.mostTokens),
      ("--hidden-size", sizes.hiddenSize, 1...65_536),
      ("--intermediate-size", sizes.intermediateSize, 1...65_536),
      ("--layers", sizes.layerCount, 1...1024), ("--heads", sizes.headCount, 1...1024),
      ("--kv-heads", sizes.keyValueHeadCount, 1...1024),
      ("--max-seq-length", options.maxSequenceLength, 2...1_048_576),
      ("--batch-tokens", options.batchTokens, 2...16_777_216),
      ("--max-steps", options.maxSteps, 1...1_000_000_000),
      ("--warmup-steps", options.warmupSteps, 0...1_000_000_000),
      ("--eval-interval", options.evaluationInterval, 1...1_000_000_000),
      ("--threads", options.threads ?? 1, 1...1024),
    ] + weights {
      try require(
        range.contains(value),
        "\(flag) is \(value); expected a whole number from \(range.lowerBound) to \(range.upperBound). Change it."
      )
    }
    for (flag, value) in [
      ("--learning-rate", options.learningRate), ("--weight-decay", options.weightDecay),
      ("--max-grad-norm", options.maxGradientNorm),
    ] {
      try require(
        value >= 0 && value.isFinite, "\(flag) is \(value); expected a number from 0. Change it.")
    }
    try require(
      options.batchTokens >= options.maxSequenceLength,
      "--batch-tokens is \(options.batchTokens); expected at least --max-seq-length,"
        + " \(options.maxSequenceLength). Raise it.")
    // The shape of a base that is there already has been checked with it.
    guard !options.resumes, initialModel == nil else { return }
    try require(
      sizes.hiddenSize % (2 * sizes.headCount) == 0 && sizes.headCount % sizes.keyValueHeadCount == 0,
      "\(sizes.headCount) heads and \(sizes.keyValueHeadCount) key-value heads do not divide a hidden size of"
        + " \(sizes.hiddenSize) into heads of even width; expected that they do. Change --heads or --kv-heads."
    )
  }

  /// Refuses to write over a base or a checkpoint, and to resume where there is none.
  private func checkFolder(_ checkpoint: String) throws {
    let files = FileManager.default
    let hasCheckpoint = files.fileExists(atPath: checkpoint)
    if options.resumes, !hasCheckpoint {
      throw TrainingError.checkpoint(
        path: checkpoint,
        problem:
          "found nothing; expected the checkpoint of a stopped run. Give its folder as --output, or train"
          + " without --resume.")
    }
    if !options.resumes, hasCheckpoint || files.fileExists(atPath: "\(folder)/model.safetensors") {
      throw TrainingError.baseTaken(path: folder)
    }
  }

  /// The folder's vocabulary, trained from the texts where there is none yet, and its end-of-text token.
  private func vocabulary(_ onEvent: (Event) -> Void) throws -> (TextTokenizer, endOfText: Int32) {
    let path = "\(folder)/tokenizer.json"
    let isThere = FileManager.default.fileExists(atPath: path)
    if !isThere {
      onEvent(.trainingVocabulary)
      var trainer = try BPETrainer(
        .init(vocabularySize: options.shape.sizes.vocabularySize, specialTokens: [PretrainingRun.endOfText]))
      try TextFiles.forEach(texts) { text, source in
        for _ in 0..<options.weight(ofSource: source) { trainer.count(text) }
      }
      try trainer.train().write(toFolder: folder)
    }
    let tokenizer = try TextTokenizer(folder: folder)
    if isThere { onEvent(.foundVocabulary(tokens: tokenizer.vocabularySize)) }
    guard tokenizer.vocabularySize <= PretrainingCorpus.mostTokens else {
      throw TrainingError.setting(
        "\(path) has \(tokenizer.vocabularySize) tokens; expected at most \(PretrainingCorpus.mostTokens)."
          + " Remove the file to train a vocabulary anew.")
    }
    guard let endOfText = tokenizer.id(ofToken: PretrainingRun.endOfText) else {
      throw TrainingError.setting(
        "\(path) has no token \(PretrainingRun.endOfText); expected one that ends a text."
          + " Remove the file to train a vocabulary anew.")
    }
    return (tokenizer, endOfText)
  }

  /// Normal weights of deviation 0.02, those that write to the residual stream divided by √(2·layers) so that
  /// its variance does not grow with depth (Radford et al., 2019), and gains of one.
  private static func initialize(_ parameters: ParameterSet, layers: Int, seed: UInt64) {
    var random = RandomSource(seed: seed, stream: "pretrain-init")
    for (index, entry) in parameters.entries.enumerated() {
      let value = parameters.value(index)
      if entry.isVector {
        value.fill(1)
        continue
      }
      let writesToStream = entry.name.hasSuffix("o_proj.weight") || entry.name.hasSuffix("down_proj.weight")
      let deviation = writesToStream ? 0.02 / Float(2 * layers).squareRoot() : 0.02
      for element in 0..<value.count { value.base[element] = random.normal() * deviation }
    }
  }

  /// The mean loss over the held-out tokens, and bits per byte over its documents.
  private func evaluate(
    _ corpus: PretrainingCorpus, _ engine: TrainingEngine
  ) -> (loss: Double, bitsPerByte: Double) {
    var (sum, labels, bytes) = (0.0, 0, 0)
    var batch = Batch()
    let perBatch = max(1, options.batchTokens / options.maxSequenceLength)
    for start in stride(from: 0, to: corpus.windows.count, by: perBatch) {
      let indices = Array(start..<min(corpus.windows.count, start + perBatch))
      corpus.fill(&batch, with: indices)
      for loss in engine.losses(batch) { sum += Double(loss) }
      labels += batch.labelCount
      bytes += indices.reduce(0) { $0 + corpus.windows[$1].documentBytes }
    }
    return (sum / Double(max(labels, 1)), sum / (Foundation.log(2) * Double(max(bytes, 1))))
  }
}
