import ArgumentParser
import Model
import Testing
import Train

@testable import LoraTrainCommand

@Suite("The flags of train")
struct FlagTests {
  static func options(_ arguments: String...) throws -> TrainingOptions {
    try TrainCommand.parse(arguments).options()
  }

  @Test("Without a flag the settings are the library's defaults")
  func defaults() throws { #expect(try Self.options() == TrainingOptions()) }

  @Test("Every flag reaches its setting")
  func settings() throws {
    var expected = TrainingOptions()
    expected.epochs = 3
    expected.maxSteps = 7
    expected.adapter = LoRAConfiguration(
      rank: 8, alpha: 24, dropout: 0.1, targets: [.query, .down], isRankStabilized: true)
    expected.learningRate = .value(2e-4)
    expected.schedule = .linear
    expected.warmupRatio = 0
    expected.weightDecay = 0.01
    expected.maxGradientNorm = 0
    expected.batchSize = 4
    expected.maxSequenceLength = 256
    expected.gradientAccumulationSteps = 2
    expected.validFraction = 0.2
    expected.sunsetDays = 30
    expected.seed = 9
    expected.shuffles = false
    expected.masksPrompt = false
    expected.recomputesLayers = true
    expected.skipsBadRows = true
    expected.compute = .int8
    expected.quantization = .q8
    expected.threads = 1
    #expect(
      try Self.options(
        "--epochs", "3", "--max-steps", "7", "--rank", "8", "--alpha", "24", "--dropout", "0.1",
        "--target-modules", "q_proj,down_proj", "--rslora", "--learning-rate", "2e-4",
        "--lr-schedule", "linear", "--warmup-ratio", "0", "--weight-decay", "0.01", "--max-grad-norm", "0",
        "--batch-size", "4", "--max-seq-length", "256", "--grad-accumulation-steps", "2", "--valid-fraction",
        "0.2", "--sunset-days", "30", "--seed", "9", "--no-shuffle", "--no-mask-prompt", "--recompute",
        "--skip-bad-rows",
        "--compute",
        "int8", "--quantize", "q8", "--threads", "1") == expected)
    #expect(try Self.options("--learning-rate", "auto").learningRate == .automatic)
    #expect(try Self.options("--init-adapter", "a").initialAdapter == "a")
  }

  @Test(
    "A shape beside an adapter or a base that brings its own is refused",
    arguments: [
      ["--rank", "8"], ["--alpha", "8"], ["--dropout", "0"], ["--target-modules", "q_proj"], ["--rslora"],
    ])
  func twoShapes(flags: [String]) {
    let error = #expect(throws: (any Error).self) {
      try TrainCommand.parse(["--init-adapter", "a"] + flags).options()
    }
    #expect(error.map { "\($0)" }?.contains("\(flags[0]) beside --init-adapter") == true)
    let files = ["--data", "a", "--valid-data", "b", "--output", "c", "--init-model", "d"]
    #expect(throws: (any Error).self) { try PretrainCommand.parse(files + ["--heads", "2"]) }
    #expect(throws: Never.self) { try PretrainCommand.parse(files) }
  }

  @Test("Targets may be apart by spaces, and one that matches nothing is refused")
  func targets() throws {
    #expect(try Self.options("--target-modules", "v_proj", "q_proj").adapter.targets == [.query, .value])
    #expect(try Self.options("--target-modules", "all-linear").adapter.targets == Projection.allCases)
    let error = #expect(throws: TrainingError.self) { try Self.options("--target-modules", "w_proj") }
    #expect(
      error?.description
        == "--target-modules names w_proj; expected some of q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj"
        + " or all-linear. Change it.")
  }

  @Test("No target at all is refused", arguments: ["", ",", " , "])
  func noTargets(text: String) throws {
    let error = #expect(throws: TrainingError.self) { try Self.options("--target-modules", text) }
    #expect(
      error?.description
        == "--target-modules names nothing; expected some of q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj"
        + " or all-linear. Change it.")
    #expect(try Self.options("--target-modules", " v_proj , q_proj").adapter.targets == [.query, .value])
  }

  @Test("A rate that is no number is refused by name")
  func learningRate() throws {
    let error = try #require(throws: (any Error).self) { try Self.options("--learning-rate", "abc") }
    #expect(
      TrainCommand.message(for: error)
        == "The value 'abc' is invalid for '--learning-rate <rate|auto>': expected a positive number or auto."
    )
  }

  @Test("Several files follow one --data, or several")
  func data() throws {
    #expect(try TrainCommand.parse(["--data", "a", "b", "--data", "c"]).files.data == ["a", "b", "c"])
  }

  @Test("A configuration file may set every flag but itself")
  func configurable() throws {
    let flags = try TrainCommand.flags()
    let names = flags.flatMap(\.names)
    #expect(names.contains("grad-accumulation-steps") && names.contains("model"))
    #expect(Set(names).isDisjoint(with: ["config", "help", "h", "version"]))
    #expect(flags.first { $0.names == ["shuffle", "no-shuffle"] }?.takesValue == false)
    #expect(flags.first { $0.names == ["data"] }?.isRepeating == true)
  }

  @Test("train is what lora-train does by itself, and finds its flags")
  func defaultSubcommand() throws {
    let command = try LoraTrainCommand.parseAsRoot(["--data", "a", "--epochs", "1"])
    #expect((command as? TrainCommand)?.files.data == ["a"])
  }

  @Test("Rows are printed as JSON alone")
  func perRow() throws {
    let error = try #require(throws: (any Error).self) {
      try EvalCommand.parse(["--data", "a", "--per-row"])
    }
    #expect(EvalCommand.message(for: error) == "--per-row without --json; expected both. Add --json.")
  }

  @Test("The flags of gate reach its thresholds, its plan and its run")
  func gate() throws {
    let command = try GateCommand.parse([
      "--cases", "c", "--skip-above", "0.8", "--fix-below", "0.4", "--fact-share", "0.3", "--form-share",
      "0.2",
      "--climb", "0.1", "--min-cases", "5", "--min-examples", "6", "--min-edits", "7", "--max-latency-ms",
      "8",
      "--setup-cost", "9", "--calls-per-month", "10", "--months", "11", "--run", "few-shot", "--examples",
      "4",
      "--max-seq-length", "64", "--max-tokens", "12", "--temperature", "0", "--seed", "13",
      "--price-per-hour",
      "1.5", "--threads", "1",
    ])
    var thresholds = GateThresholds()
    thresholds.skipAbove = 0.8
    thresholds.fixBelow = 0.4
    thresholds.factShare = 0.3
    thresholds.formShare = 0.2
    thresholds.climb = 0.1
    thresholds.minCases = 5
    thresholds.minExamples = 6
    thresholds.minEdits = 7
    thresholds.maxLatencyMilliseconds = 8
    #expect(command.outcome.thresholds == thresholds)
    #expect(
      try command.outcome.economics() == GateEconomics(setupCost: 9, callsPerMonth: 10, months: 11))
    var run = GateRun(.fewShot, basePath: "b")
    run.exampleLimit = 4
    run.window = 64
    run.maxTokens = 12
    run.sampling.temperature = 0
    run.seed = 13
    run.pricePerHour = 1.5
    run.threads = 1
    #expect(command.running.run(try #require(command.runs), basePath: "b") == run)

    let plain = try GateCommand.parse(["--cases", "c"])
    #expect(plain.outcome.thresholds == GateThresholds() && plain.outputs == "outputs")
    #expect(try plain.outcome.economics() == nil)
    #expect(plain.running.run(.base, basePath: "b") == GateRun(.base, basePath: "b"))
    let adapter = try GateCommand.parse(["--cases", "c", "--run", "adapter", "--adapter-path", "a"])
    #expect(adapter.running.run(.adapter, basePath: "b").adapterPath == "a")
    let cost = ["--setup-cost", "1", "--calls-per-month", "2"]
    #expect(
      try GateCommand.parse(["--cases", "c"] + cost).outcome.economics()
        == GateEconomics(setupCost: 1, callsPerMonth: 2, months: 12))
  }

  static let deafFlags: [String: String] = [
    "--setup-cost 1": "One of --setup-cost and --calls-per-month; expected both or neither. Add the other.",
    "--months 6":
      "--months without --setup-cost and --calls-per-month; expected all three. Add the two.",
    "--run base --adapter-path a":
      "--adapter-path with --run base; expected --run adapter. Remove it or run that.",
    "--run adapter --adapter-path a --examples 2":
      "--examples with --run adapter; expected --run few-shot. Remove it or run that.",
  ].merging(
    [
      "--model", "--adapter-path", "--examples", "--max-seq-length", "--max-tokens", "--temperature",
      "--seed",
      "--price-per-hour", "--threads",
    ].map { ("\($0) 1", "\($0) without --run; expected both. Add --run.") }
  ) { first, _ in first }

  @Test("A flag that the gate would not heed is refused", arguments: deafFlags)
  func deafGate(flags: String, message: String) throws {
    let arguments = ["--cases", "c"] + flags.split(separator: " ").map(String.init)
    let error = try #require(throws: (any Error).self) { try GateCommand.parse(arguments) }
    #expect(GateCommand.message(for: error) == message)
  }

  @Test(
    "A flag that a look at the rows would not heed is refused",
    arguments: ["--json", "--report-json=r.json", "--resume"])
  func deafPreview(flag: String) throws {
    let command = try TrainCommand.parse(["--data", "a", "--show-mask", flag])
    let error = try #require(throws: ValidationError.self) { try command.run() }
    let name = flag.prefix { $0 != "=" }
    #expect(error.message == "\(name) with --show-mask; expected one of them. Remove one.")
  }

  static let badPrepare = [
    (["--min-words", "-1"], "--min-words is -1; expected 0 or more."),
    (["--log-weight", "-1"], "--log-weight is -1.0; expected a number above 0, up to 1000."),
    (["--log-weight", "1001"], "--log-weight is 1001.0; expected a number above 0, up to 1000."),
    (["--log-weight", "nan"], "--log-weight is nan; expected a number above 0, up to 1000."),
    (["--log-weight", "3"], "--log-weight without --daily-logs; expected both. Add --daily-logs."),
  ]

  @Test(
    "A number that prepare cannot use, or training could not, is refused with its range",
    arguments: badPrepare)
  func prepare(arguments: [String], message: String) throws {
    let error = try #require(throws: (any Error).self) { try PrepareCommand.parse(["posts"] + arguments) }
    #expect(PrepareCommand.message(for: error) == message)
  }
}
