import ArgumentParser
import Files
import Flags
import Foundation
import Model
import Train

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train an adapter on an archive, and say whether it is worth keeping.",
    discussion: """
      Reads the archive, holds some documents out, trains a LoRA adapter for the base and keeps the best by held-out \
      loss. The adapter is a PEFT folder; run.json beside it says how it was made. Ctrl-C finishes the step and writes \
      a checkpoint; --resume goes on from there.
      """)

  @OptionGroup(title: "Input and output") var files: FileOptions
  @OptionGroup(title: "Training") var optimization: OptimizationOptions
  @OptionGroup(title: "Adapter") var adapter: AdapterOptions

  @Option(
    number: ArgumentHelp("Share of documents held out to judge by; 0 gives no verdict.", valueName: "p"))
  var validFraction = TrainingOptions().validFraction

  @Option(
    number: ArgumentHelp("Days until ghost status asks to have the adapter judged again.", valueName: "n"))
  var sunsetDays = TrainingOptions().sunsetDays

  @OptionGroup(title: "Rows and machine") var rows: RowOptions

  @Flag(name: .long, help: "Go on from the checkpoint in the adapter's folder.")
  var resume = false

  @Flag(name: .long, help: "Print three rows as the model sees them, learned text set apart, and stop.")
  var showMask = false

  func run() throws {
    try checkPreview()
    if let config = files.config {
      try configured(by: config).train()
    } else {
      try train()
    }
  }

  /// Refuses flags that a look at the rows would not heed. A configuration file may set them: it is the file of the run
  /// that the look is for.
  private func checkPreview() throws {
    let ignored = [("--json", files.json), ("--report-json", files.reportJson != nil), ("--resume", resume)]
    if showMask, let (flag, _) = ignored.first(where: \.1) {
      throw ValidationError("\(flag) with --show-mask; expected one of them. Remove one.")
    }
  }

  /// The options of the settings flags.
  func options() throws -> TrainingOptions {
    var options = TrainingOptions()
    optimization.apply(to: &options)
    try adapter.apply(to: &options)
    rows.apply(to: &options)
    options.validFraction = validFraction
    options.sunsetDays = sunsetDays
    return options
  }

  private func train() throws {
    guard let archive = files.data.first else {
      throw ValidationError("No --data; expected an archive, as in lora-train --data data/archive.jsonl.")
    }
    var run = FineTuningRun(
      basePath: try files.base.path(), archives: files.data,
      adapterPath: files.adapterPath ?? AdapterPath.stopped(forArchive: archive), options: try options(),
      resumes: resume)
    if showMask {
      let isColored = Console.style(STDOUT_FILENO).isColored
      try Console.printResult(run.maskPreview(style: isColored ? .color : .markers))
    } else if resume || files.adapterPath != nil {
      try train(run)
    } else {
      run.adapterPath = try AdapterPath.claim(forArchive: archive)
      // A run that could not start leaves no folder behind.
      defer { AdapterPath.release(run.adapterPath) }
      try train(run)
    }
  }

  private func train(_ run: FineTuningRun) throws {
    // Hours of work shall not end in a report that cannot be written: making a file and giving it up is the test.
    if let reportJson = files.reportJson { _ = try AtomicFile(path: reportJson) }
    let stop = StopRequest()
    let interrupts = Interrupts(stop, onRequest: Console.announceStop)
    defer { withExtendedLifetime(interrupts) {} }
    let console = Console()
    var report = RunReport(
      run, isLive: console.isLive, style: console.style, startedAs: CommandLine.arguments)
    let clock = ContinuousClock()
    let began = clock.now
    let outcome: FineTuningOutcome?
    do {
      outcome = try run.start(stop: stop) { event in
        let seconds = (clock.now - began) / .seconds(1)
        console.show(report.outputs(for: event, at: seconds, width: Console.width))
      }
    } catch {
      console.clear()
      throw report.hasBegun ? BrokenRun(cause: error) : error
    }
    console.clear()
    if outcome != nil {
      do {
        try finish(run, report)
      } catch let error as BrokenRun {
        throw error
      } catch {
        throw BrokenRun(cause: error)
      }
    }
    if let code = CommandFailure.code(of: outcome) { throw code }
  }

  private func finish(_ run: FineTuningRun, _ report: RunReport) throws {
    if let reportJson = files.reportJson {
      try AtomicFile.write(try RunRecord.text(run.adapterPath, layout: .pretty), to: reportJson)
    }
    let descriptor = files.json ? STDERR_FILENO : STDOUT_FILENO
    let text = report.finalLines(width: Console.width, style: Console.style(descriptor))
      .map { $0 + "\n" }.joined()
    if files.json {
      Console.writeError(text)
      try Console.printResult([RunRecord.text(run.adapterPath, layout: .compact)])
    } else {
      try Console.printResult(text)
    }
  }

  /// The command with the flags of a file, which give way to those of the command line.
  private func configured(by path: String) throws -> TrainCommand {
    var typed = Array(CommandLine.arguments.dropFirst())
    if typed.first == TrainCommand.configuration.commandName { typed.removeFirst() }
    let file = try ConfigurationFile(path: path, flags: try TrainCommand.flags(), commandLine: typed)
    for entry in file.entries {
      do {
        _ = try TrainCommand.parse(entry.arguments)
      } catch {
        throw ConfigurationError(path, [.init(line: entry.line, text: TrainCommand.message(for: error))])
      }
    }
    return try TrainCommand.parse(file.entries.flatMap(\.arguments) + typed)
  }

  /// The flags of this command that a configuration file may set, as the parser itself describes them.
  static func flags() throws -> [ConfigurationFile.Flag] {
    let arguments = try JSONParser.parse(_dumpHelp(), file: "help")["command"]?["arguments"]?.arrayValue ?? []
    let flags = arguments.compactMap { argument -> ConfigurationFile.Flag? in
      let names = (argument["names"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
      guard !names.isEmpty, Set(names).isDisjoint(with: ["help", "version", "config"]) else { return nil }
      return ConfigurationFile.Flag(
        names: names, takesValue: argument["kind"]?.stringValue == "option",
        isRepeating: argument["isRepeating"]?.boolValue ?? false)
    }
    return ConfigurationFile.Flag.joiningOpposites(flags)
  }
}
