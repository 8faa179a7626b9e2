import ArgumentParser
import Files
import Foundation
import Train

struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Score a base, and an adapter beside it, on every row of a file.",
    discussion: """
      Prints loss in nats a token, perplexity and bits per byte; with an adapter both sides, and a 95 % interval for \
      the difference by a paired bootstrap over documents. No row is held out: rows that the adapter was trained on \
      flatter it.
      """)

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("The rows: JSON Lines in the form of an archive.", valueName: "file"))
  var data: [String] = []

  @OptionGroup var base: BaseOptions

  @Option(name: .long, help: ArgumentHelp("An adapter's folder, of ours or PEFT's.", valueName: "dir"))
  var adapterPath: String?

  @OptionGroup(title: "Rows and machine") var rows: RowOptions

  @Option(name: .long, help: ArgumentHelp("Seed of the bootstrap.", valueName: "n"))
  var seed = TrainingOptions().seed

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @Flag(
    name: .long, help: "With --json: one entry a row, with its line, tokens, bytes and loss in nats a token.")
  var perRow = false

  func validate() throws {
    if data.isEmpty { throw ValidationError("No --data; expected the file to score.") }
    if perRow, !json { throw ValidationError("--per-row without --json; expected both. Add --json.") }
  }

  func run() throws {
    var options = TrainingOptions()
    rows.apply(to: &options)
    options.seed = seed
    let run = EvaluationRun(
      basePath: try base.path(), archives: data, adapterPath: adapterPath, options: options)
    let outcome = try run.start()
    for problem in outcome.skipped { Console.writeError("skipped \(problem.summary)\n") }
    let report = EvaluationReport(outcome)
    if json {
      print(try JSONWriter.string(of: report.json(perRow: perRow)))
    } else {
      for line in report.lines(style: Console.style(STDOUT_FILENO)) { print(line) }
    }
  }
}
