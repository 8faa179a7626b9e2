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
  /// The settings.
  public var options: PretrainingOptions

  /// Describes a run; nothing is read before `start`.
  public init(texts: [String], validation: [String], folder: String, options: PretrainingOptions) {
    self.texts = texts
    self.validation = validation
    self.folder = folder
    self.options = options
  }

  private static let endOfText = "<|endoftext|>"

  /// Runs to the last step, or until `stop` is set.
  public func start(stop: StopRequest, onEvent: (Event) -> Void) throws {
    try check()
    try AtomicFile.createDirectory(folder)
    let pool = ThreadPool(threadCount: options.threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let tokenizer = try vocabulary(onEvent)
    guard let endOfText = tokenizer.id(ofToken: PretrainingRun.endOfText) else {
      throw TrainingError.setting(
        "\(folder)/tokenizer.json has no token \(PretrainingRun.endOfText); expected one that ends a text."
          + " Remove the file to train a vocabulary anew.")
    }
    let configuration = ModelConfiguration(
      vocabularySize: tokenizer.vocabularySize, hiddenSize: options.hiddenSize,
      intermediateSize: options.intermediateSize, layerCount: options.layerCount,
      headCount: options.headCount, keyValueHeadCount: options.keyValueHeadCount,
      contextLength: options.maxSequenceLength, endOfText: [endOfText])

    let parameters = ParameterSet(of: configuration)
    let optimizer = MuonOptimizer(parameters, weightDecay: options.weightDecay)
    var progress = Progress()
    let checkpoint = "\(folder)/\(TrainingCheckpoint.name)"
    let blocks = [("values", parameters.values)] + optimizer.state
    if options.resumes {
      progress = try Progress(
        json: TrainingCheckpoint.readState(checkpoint), options: options, path: checkpoint)
      try TrainingCheckpoint.read(checkpoint, into: blocks)
      optimizer.step = progress.step
    } else {
      PretrainingRun.initialize(parameters, layers: options.layerCount, seed: options.seed)
    }

    let corpus = try PretrainingCorpus(
      texts, tokenizer: tokenizer, endOfText: endOfText, windowLength: options.maxSequenceLength,
      weight: options.weight(ofSource:)
    ) { onEvent(.tokenizing(documents: $0)) }
    let heldOut = try PretrainingCorpus(
      validation, tokenizer: tokenizer, endOfText: endOfText, windowLength: options.maxSequenceLength)

    let capacity = BatchCapacity(
      sequences: options.batchTokens, tokens: options.batchTokens, labels: options.batchTokens)
    let decoder = Decoder(
      configuration, weights: parameters.tensors(of: configuration),
      gradients: parameters.gradientTensors(of: configuration), owner: parameters, adapter: nil,
      maxPositions: options.maxSequenceLength, pool: pool)
    let engine = TrainingEngine(decoder, optimizer: optimizer, capacity: capacity, recomputesLayers: false)
    onEvent(
      .started(
        step: progress.step, parameters: configuration.parameterCount, trainingTokens: corpus.tokenCount,
        windows: corpus.windows.count))

    let schedule = LearningRateSchedule(
      shape: options.schedule, peak: options.learningRate,
      warmupRatio: Double(options.warmupSteps) / Double(options.maxSteps), totalSteps: options.maxSteps)
    var order = corpus.order(epoch: progress.epoch, seed: options.seed)
    var batch = Batch(capacity: capacity)
    while progress.step < options.maxSteps && !stop.isStopping {
      var indices: [Int] = []
      var tokens = 0
      while true {
        if progress.cursor == order.count {
          progress.epoch += 1
          progress.cursor = 0
          order = corpus.order(epoch: progress.epoch, seed: options.seed)
        }
        let next = corpus.windows[order[progress.cursor]].count
        if tokens + next > options.batchTokens { break }
        indices.append(order[progress.cursor])
        tokens += next
        progress.cursor += 1
      }
      corpus.fill(&batch, with: indices)
      progress.step += 1
      let rate = schedule.rate(step: progress.step)
      let result = try engine.step(
        [batch], number: progress.step, learningRate: rate, maxGradientNorm: options.maxGradientNorm,
        dropoutSeed: nil)
      progress.tokensSeen += result.tokens
      onEvent(
        .step(number: progress.step, result: result, learningRate: rate, tokensSeen: progress.tokensSeen))
      if progress.step % options.evaluationInterval == 0 || progress.step == options.maxSteps
        || stop.isStopping
      {
        let (loss, bits) = evaluate(heldOut, engine, &batch)
        try TrainingCheckpoint.write(blocks, state: progress.json(options), to: checkpoint)
        try PretrainedModel.write(parameters, configuration, to: folder)
        onEvent(.evaluated(step: progress.step, bitsPerByte: bits, loss: loss))
      }
    }
    onEvent(.finished(step: progress.step, stopped: progress.step < options.maxSteps))
  }

  private func check() throws {
    func require(_ holds: Bool, _ text: String) throws {
      if !holds { throw TrainingError.setting(text) }
    }
    try require(
      options.batchTokens >= options.maxSequenceLength,
      "--batch-tokens is \(options.batchTokens); expected at least --max-seq-length,"
        + " \(options.maxSequenceLength). Raise it.")
    try require(
      options.hiddenSize % max(1, 2 * options.headCount) == 0
        && options.headCount % max(1, options.keyValueHeadCount) == 0,
      "\(options.headCount) heads and \(options.keyValueHeadCount) key-value heads do not divide a hidden size of"
        + " \(options.hiddenSize) into heads of even width; expected that they do. Change --heads or --kv-heads."
    )
    // Token ids of the corpus are kept in 16 bits.
    try require(
      options.vocabularySize <= 65_536,
      "--vocab-size is \(options.vocabularySize); expected at most 65536. Lower it.")
  }

  /// The folder's vocabulary, trained from the texts where there is none yet.
  private func vocabulary(_ onEvent: (Event) -> Void) throws -> TextTokenizer {
    let path = "\(folder)/tokenizer.json"
    if !FileManager.default.fileExists(atPath: path) {
      onEvent(.trainingVocabulary)
      var trainer = try BPETrainer(
        .init(vocabularySize: options.vocabularySize, specialTokens: [PretrainingRun.endOfText]))
      try TextFiles.forEach(texts) { text, source in
        for _ in 0..<options.weight(ofSource: source) { trainer.count(text) }
      }
      try trainer.train().write(toFolder: folder)
    }
    return try TextTokenizer(folder: folder)
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
    _ corpus: PretrainingCorpus, _ engine: TrainingEngine, _ batch: inout Batch
  ) -> (loss: Double, bitsPerByte: Double) {
    var (sum, labels, bytes) = (0.0, 0, 0)
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

  /// What a checkpoint keeps beside the weights and moments.
  private struct Progress {
    var step = 0
    var epoch = 0
    /// The windows of this epoch's order already used.
    var cursor = 0
    var tokensSeen = 0

    init() {}

    /// Reads a checkpoint's progress, refusing one made from other data or another batch size.
    init(json: JSONValue, options: PretrainingOptions, path: String) throws {
      for (name, value) in Progress.pinned(options) where json[name]?.intValue != value {
        throw TrainingError.checkpoint(
          path: path,
          problem: "was written with \(name) \(json[name]?.intValue ?? 0); this run has \(value)."
            + " Resume with the settings that the run began with.")
      }
      step = json["step"]?.intValue ?? 0
      epoch = json["epoch"]?.intValue ?? 0
      cursor = json["cursor"]?.intValue ?? 0
      tokensSeen = json["tokens_seen"]?.intValue ?? 0
    }

    func json(_ options: PretrainingOptions) -> JSONValue {
      var object = JSONObject()
      for (name, value) in Progress.pinned(options) { object.append(name, .integer(Int64(value))) }
      for (name, value) in [
        ("step", step), ("epoch", epoch), ("cursor", cursor), ("tokens_seen", tokensSeen),
      ] { object.append(name, .integer(Int64(value))) }
      return .object(object)
    }

    private static func pinned(_ options: PretrainingOptions) -> [(String, Int)] {
      [
        ("seed", Int(truncatingIfNeeded: options.seed)), ("batch_tokens", options.batchTokens),
        ("max_seq_length", options.maxSequenceLength),
      ]
    }
  }
}
