import ArgumentParser
import Flags
import Train

/// Where the gate draws its lines, and what a fine-tune would have to pay for.
struct GateOptions: ParsableArguments {
  @Option(number: ArgumentHelp("Skip where the best prompted system passes more.", valueName: "share"))
  var skipAbove = GateThresholds().skipAbove

  @Option(number: ArgumentHelp("Fix upstream where it passes less.", valueName: "share"))
  var fixBelow = GateThresholds().fixBelow

  @Option(number: ArgumentHelp("Fix upstream where more of its failures miss a fact.", valueName: "share"))
  var factShare = GateThresholds().factShare

  @Option(
    number: ArgumentHelp(
      "Format is a reason where at least so many failures are of form.", valueName: "share"))
  var formShare = GateThresholds().formShare

  @Option(
    number: ArgumentHelp(
      "Compile first where the last step of examples in the prompt added this.", valueName: "share"))
  var climb = GateThresholds().climb

  @Option(number: ArgumentHelp("The fewest cases to decide on.", valueName: "n"))
  var minCases = GateThresholds().minCases

  @Option(number: ArgumentHelp("The fewest different examples to train on.", valueName: "n"))
  var minExamples = GateThresholds().minExamples

  @Option(number: ArgumentHelp("The fewest edits that count as labels from operation.", valueName: "n"))
  var minEdits = GateThresholds().minEdits

  @Option(
    number: ArgumentHelp("Latency is a reason where the best prompted p95 is above this.", valueName: "ms"))
  var maxLatencyMs: Double?

  @Option(
    number: ArgumentHelp("What a fine-tune costs once, in the currency of the outputs.", valueName: "x"))
  var setupCost: Double?

  @Option(number: ArgumentHelp("Calls a month.", valueName: "n"))
  var callsPerMonth: Double?

  @Option(
    number: ArgumentHelp(
      "Months in which the set-up must pay for itself. (default: \(defaultMonths))", valueName: "n"))
  var months: Double?

  private static let defaultMonths = 12.0

  var thresholds: GateThresholds {
    var thresholds = GateThresholds()
    thresholds.skipAbove = skipAbove
    thresholds.fixBelow = fixBelow
    thresholds.factShare = factShare
    thresholds.formShare = formShare
    thresholds.climb = climb
    thresholds.minCases = minCases
    thresholds.minExamples = minExamples
    thresholds.minEdits = minEdits
    thresholds.maxLatencyMilliseconds = maxLatencyMs
    return thresholds
  }

  /// The plan; nil where neither cost nor calls are given.
  func economics() throws -> GateEconomics? {
    switch (setupCost, callsPerMonth) {
    case (nil, nil):
      guard months == nil else {
        throw ValidationError(
          "--months without --setup-cost and --calls-per-month; expected all three. Add the two.")
      }
      return nil
    case (let cost?, let calls?):
      return GateEconomics(setupCost: cost, callsPerMonth: calls, months: months ?? Self.defaultMonths)
    default:
      throw ValidationError(
        "One of --setup-cost and --calls-per-month; expected both or neither. Add the other.")
    }
  }
}

/// How a local system answers the cases.
struct GateRunOptions: ParsableArguments {
  private static let defaults = GateRun(.base, basePath: "")

  @Option(name: .long, help: ArgumentHelp("The adapter's folder, for --run adapter.", valueName: "dir"))
  var adapterPath: String?

  @Option(number: ArgumentHelp("The most examples in a prompt. (default: as many as fit)", valueName: "n"))
  var examples: Int?

  @Option(
    number: ArgumentHelp(
      "The most tokens of prompt and answer. (default: 2048, or the base's context if that is less)",
      valueName: "n"))
  var maxSeqLength: Int?

  @Option(
    number: ArgumentHelp(
      "The most tokens of an answer to a prompt; a seed's follow from its length. (default: \(defaults.maxTokens))",
      valueName: "n"))
  var maxTokens: Int?

  @Option(
    number: ArgumentHelp(
      "What the logits are divided by; 0 takes the likeliest token. (default: \(defaults.sampling.temperature))",
      valueName: "x"))
  var temperature: Float?

  @Option(number: ArgumentHelp("Chooses the answers. (default: \(defaults.seed))", valueName: "n"))
  var seed: UInt64?

  @Option(
    number: ArgumentHelp("What an hour of this machine costs; gives each output its cost.", valueName: "x"))
  var pricePerHour: Double?

  @Option(number: ArgumentHelp("Threads. (default: every processor)", valueName: "n"))
  var threads: Int?

  /// The first of these flags that was given; nil where none was.
  var givenFlag: String? {
    let given = [
      ("--adapter-path", adapterPath != nil), ("--examples", examples != nil),
      ("--max-seq-length", maxSeqLength != nil), ("--max-tokens", maxTokens != nil),
      ("--temperature", temperature != nil), ("--seed", seed != nil),
      ("--price-per-hour", pricePerHour != nil), ("--threads", threads != nil),
    ]
    return given.first { $0.1 }?.0
  }

  func run(_ kind: GateRun.Kind, basePath: String) -> GateRun {
    var run = GateRun(kind, basePath: basePath)
    run.adapterPath = adapterPath
    run.exampleLimit = examples
    run.window = maxSeqLength
    if let maxTokens { run.maxTokens = maxTokens }
    if let temperature { run.sampling.temperature = temperature }
    if let seed { run.seed = seed }
    run.pricePerHour = pricePerHour
    run.threads = threads
    return run
  }
}
