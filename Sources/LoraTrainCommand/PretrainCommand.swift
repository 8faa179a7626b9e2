import ArgumentParser
import Flags
import Train

struct PretrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain", abstract: "Train a small base from scratch: a vocabulary, then every weight.",
    discussion: """
      The folder is an ordinary Hugging Face model after every evaluation. Ctrl-C finishes the step, writes a \
      checkpoint and exits with 130; --resume goes on from there, and a larger --max-steps prolongs the run.
      """)

  private static let defaults = PretrainingShape.defaults

  @Option(
    name: .long, parsing: .upToNextOption,
    help: "Training texts: JSON Lines with \"text\" and an optional \"source\".")
  var data: [String]

  @Option(name: .long, parsing: .upToNextOption, help: "Held-out texts in the same form.")
  var validData: [String]

  @Option(name: .long, help: "Where the base goes.")
  var output: String

  @Option(
    name: .long,
    help: "Begin with the weights, shape and vocabulary of this base instead of from scratch.")
  var initModel: String?

  @Option(
    number: "Tokens of the vocabulary, if it is still to be trained. (default: \(defaults.vocabularySize))")
  var vocabSize: Int?

  @Option(number: "Width of the residual stream. (default: \(defaults.hiddenSize))")
  var hiddenSize: Int?

  @Option(number: "Width of the feed-forward layer. (default: \(defaults.intermediateSize))")
  var intermediateSize: Int?

  @Option(number: "Decoder layers. (default: \(defaults.layerCount))")
  var layers: Int?

  @Option(number: "Query heads. (default: \(defaults.headCount))")
  var heads: Int?

  @Option(number: "Key-value heads. (default: \(defaults.keyValueHeadCount))")
  var kvHeads: Int?

  @Option(number: "The longest sequence in tokens.")
  var maxSeqLength = PretrainingOptions().maxSequenceLength

  @Option(number: "Tokens of one optimizer step.")
  var batchTokens = PretrainingOptions().batchTokens

  @Option(number: "Optimizer steps of the whole run, earlier sessions included.")
  var maxSteps = PretrainingOptions().maxSteps

  @Option(number: "Peak of the learning rate.")
  var learningRate = PretrainingOptions().learningRate

  @Option(name: .long, help: "How the rate moves after warm-up.")
  var lrSchedule = PretrainingOptions().schedule

  @Option(number: "Steps that warm up.")
  var warmupSteps = PretrainingOptions().warmupSteps

  @Option(number: "Decoupled decay of matrices.")
  var weightDecay = PretrainingOptions().weightDecay

  @Option(number: "Largest norm of all gradients together; 0 never clips.")
  var maxGradNorm = PretrainingOptions().maxGradientNorm

  @Option(
    name: .long,
    help: "NAME=N: documents whose source starts with NAME count N times, up to 1000. Repeatable.")
  var sourceWeight: [String] = []

  @Option(number: "Steps between evaluations, each of which writes a checkpoint.")
  var evalInterval = PretrainingOptions().evaluationInterval

  @Option(number: "Seed of every random stream.")
  var seed: UInt64 = PretrainingOptions().seed

  @Option(number: "Threads; every processor unless told.")
  var threads: Int?

  @Flag(name: .long, help: "Go on from the checkpoint in the folder.")
  var resume = false

  private func options() throws -> PretrainingOptions {
    var options = PretrainingOptions()
    options.shape.vocabularySize = vocabSize
    options.shape.hiddenSize = hiddenSize
    options.shape.intermediateSize = intermediateSize
    options.shape.layerCount = layers
    options.shape.headCount = heads
    options.shape.keyValueHeadCount = kvHeads
    options.maxSequenceLength = maxSeqLength
    options.batchTokens = batchTokens
    options.maxSteps = maxSteps
    options.learningRate = learningRate
    options.schedule = lrSchedule
    options.warmupSteps = warmupSteps
    options.weightDecay = weightDecay
    options.maxGradientNorm = maxGradNorm
    options.evaluationInterval = evalInterval
    options.seed = seed
    options.threads = threads
    options.resumes = resume
    for text in sourceWeight {
      guard let equals = text.lastIndex(of: "="), let weight = Int(text[text.index(after: equals)...]) else {
        throw ValidationError(
          "--source-weight \(text): expected NAME=N with a whole number from 1 to 1000. Write \"Rust blog=3\"."
        )
      }
      options.sourceWeights[String(text[..<equals])] = weight
    }
    return options
  }

  func validate() throws {
    let flag = try options().shape.firstFlag
    if initModel != nil, let flag {
      throw ValidationError(
        "\(flag) beside --init-model: found two shapes; expected one, and that base brings its own."
          + " Leave one of the two out.")
    }
  }

  func run() throws {
    let stop = StopRequest()
    let interrupts = Interrupts(stop, onRequest: Console.announceStop)
    defer { withExtendedLifetime(interrupts) {} }
    let run = PretrainingRun(
      texts: data, validation: validData, folder: output, initialModel: initModel,
      options: try options())
    var (hasBegun, isStopped) = (false, false)
    do {
      try run.start(stop: stop) { event in
        if case .started = event { hasBegun = true }
        if case .finished(_, true) = event { isStopped = true }
        if let line = PretrainingProgress.line(event) { Console.writeError(line + "\n") }
      }
    } catch {
      throw hasBegun ? BrokenRun(cause: error) : error
    }
    if isStopped { throw CommandFailure.stopped }
  }
}
