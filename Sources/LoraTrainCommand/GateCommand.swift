import ArgumentParser
import Files
import Foundation
import Train

struct GateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gate", abstract: "Say whether a fine-tune should be made at all: eval first, train second.",
    discussion: """
      A case is a line {"id", "prompt" or "seed", "checks"}. A check is an object of one rule: contains, \
      not_contains, regex, equals, max_words, min_words, json (true or a list of keys), ends (true), voice (how many \
      times as far from --data an output may be as the writer's own passages of its length: 1.5 is usual); "about": \
      "fact" or "form" beside it says what a failure lacks. An output is a line {"id", "output"} with "latency_ms", \
      "cost" and "ended" where known, in a file that is named after its system: base, few-shot-N with N examples, \
      few-shot with as many as fit, adapter, or any other prompted system.

      The outcome is fine-tune, skip, fix upstream or compile first, with its reasons; with too few cases or \
      examples it is what to collect. Exit codes: 0 fine-tune, 1 failed, 2 could not start, 3 any other outcome, so \
      that lora-train gate … && lora-train … trains only where that is warranted.
      """)

  @Option(name: .long, help: ArgumentHelp("The cases: JSON Lines.", valueName: "file"))
  var cases: String

  @Option(name: .long, help: ArgumentHelp("The folder of outputs, NAME.jsonl a system.", valueName: "dir"))
  var outputs = "outputs"

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("What there is to train on: JSON Lines in the form of an archive.", valueName: "file"))
  var data: [String] = []

  @OptionGroup(title: "Outcome") var outcome: GateOptions

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "Make the outputs of a local system first: base, few-shot (with pieces of --data) or adapter.",
      valueName: "system"))
  var runs: GateRun.Kind?

  @OptionGroup(title: "Running a system") var running: GateRunOptions

  @OptionGroup var base: BaseOptions

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func validate() throws {
    _ = try outcome.economics()
    guard let runs else {
      if let flag = base.model == nil ? running.givenFlag : "--model" {
        throw ValidationError("\(flag) without --run; expected both. Add --run.")
      }
      return
    }
    for (flag, isGiven, kind) in [
      ("--adapter-path", running.adapterPath != nil, GateRun.Kind.adapter),
      ("--examples", running.examples != nil, .fewShot),
    ] where isGiven && runs != kind {
      throw ValidationError(
        "\(flag) with --run \(runs.rawValue); expected --run \(kind.rawValue). Remove it or run that.")
    }
  }

  func run() throws {
    let gate = Gate(
      casesPath: cases, outputsPath: outputs, archives: data, thresholds: outcome.thresholds,
      economics: try outcome.economics())
    if let runs {
      let system = running.run(runs, basePath: try base.path())
      let path = try gate.makeOutputs(system) { done, count in
        Console.writeError("\(system.system.name): \(done) of \(count) cases\n")
      }
      Console.writeError("wrote \(path)\n")
    }
    let report = try gate.report()
    if json {
      try Console.printResult([JSONWriter.string(of: report.json)])
    } else {
      try Console.printResult(report.lines(style: Console.style(STDOUT_FILENO)))
    }
    if report.outcome != .fineTune { throw CommandFailure.retired }
  }
}

extension GateRun.Kind: ExpressibleByArgument {}
