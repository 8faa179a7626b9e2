import ArgumentParser
import Files
import Flags
import Foundation
import Train

struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract:
      "Score a base, and an adapter beside it, on every row of a file; or judge whether to keep the adapter.",
    discussion: """
      Prints loss in nats a token, perplexity and bits per byte; with an adapter both sides, and a 95 % interval for \
      the difference by a paired bootstrap over documents. No row is held out: rows that the adapter was trained on \
      flatter it.

      With --verdict only the posts that were held out of the adapter's training count. The base, the base with as \
      many of the other posts in its prompt as fit, the adapter, and the adapter with such a prompt are scored on them \
      and write drafts from their seeds. The adapter is kept where it beats the prompted base in bits per byte, voice, \
      p95 latency or cost beyond chance, and may be worse in neither bits per byte, voice, adherence nor copying. The \
      verdict goes to evaluation.json in the adapter's folder, and to report.html beside it. Exit codes: 0 keep, 3 \
      retire or not enough evidence (fewer than 12 held-out posts).
      """)

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "The rows: JSON Lines in the form of an archive. (default with --verdict: what the adapter was trained on)",
      valueName: "file"))
  var data: [String] = []

  @OptionGroup var base: BaseOptions

  @Option(name: .long, help: ArgumentHelp("An adapter's folder, of ours or PEFT's.", valueName: "dir"))
  var adapterPath: String?

  @OptionGroup(title: "Verdict") var judging: VerdictOptions

  @OptionGroup(title: "Rows and machine") var rows: RowOptions

  @Option(number: ArgumentHelp("Seed of drafts and bootstrap.", valueName: "n"))
  var seed = TrainingOptions().seed

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @Flag(
    name: .long, help: "With --json: one entry a row, with its line, tokens, bytes and loss in nats a token.")
  var perRow = false

  func validate() throws {
    if judging.verdict {
      if adapterPath == nil {
        throw ValidationError("--verdict without --adapter-path; expected both. Add it.")
      }
      for (flag, isGiven) in [("--per-row", perRow), ("--no-mask-prompt", !rows.maskPrompt)] where isGiven {
        throw ValidationError("\(flag) with --verdict; expected one of them. Remove one.")
      }
    } else {
      if data.isEmpty { throw ValidationError("No --data; expected the file to score.") }
      if let flag = judging.flagWithoutVerdict {
        throw ValidationError("\(flag) without --verdict; expected both. Add --verdict.")
      }
    }
    if perRow, !json { throw ValidationError("--per-row without --json; expected both. Add --json.") }
  }

  func run() throws {
    if judging.verdict, let adapterPath { return try judge(adapterPath) }
    var options = TrainingOptions()
    rows.apply(to: &options)
    options.seed = seed
    let run = EvaluationRun(
      basePath: try base.path(), archives: data, adapterPath: adapterPath, options: options)
    let outcome = try run.start()
    for problem in outcome.skipped { Console.writeError("skipped \(problem.summary)\n") }
    let report = EvaluationReport(outcome)
    if json {
      try Console.printResult([JSONWriter.string(of: report.json(perRow: perRow))])
    } else {
      try Console.printResult(report.lines(style: Console.style(STDOUT_FILENO)))
    }
  }

  func verdictRun(_ adapterPath: String) throws -> VerdictRun {
    var run = VerdictRun(basePath: try base.path(), adapterPath: adapterPath)
    judging.apply(to: &run)
    run.archives = data
    run.window = rows.maxSeqLength
    run.compute = rows.compute
    run.quantization = rows.quantize
    run.threads = rows.threads
    run.skipsBadRows = rows.skipBadRows
    run.seed = seed
    return run
  }

  private func judge(_ adapterPath: String) throws {
    let run = try verdictRun(adapterPath)
    let console = Console()
    var progress = VerdictProgress(isLive: console.isLive, style: console.style)
    let clock = ContinuousClock()
    let began = clock.now
    var hasComputed = false
    let outcome: VerdictOutcome
    do {
      outcome = try run.start { event in
        if case .scored = event { hasComputed = true }
        console.show(
          progress.outputs(for: event, at: (clock.now - began) / .seconds(1), width: Console.width))
      }
      console.clear()
      try EvaluationRecord.write(outcome)
    } catch {
      console.clear()
      throw hasComputed ? BrokenRun(cause: error) : error
    }
    let report = VerdictReport(outcome)
    if json {
      try Console.printResult([JSONWriter.string(of: report.json(drafts: true))])
    } else {
      try Console.printResult(report.lines(style: Console.style(STDOUT_FILENO)))
      try Console.printResult("\nreport: \(adapterPath)/\(EvaluationRecord.pageName)\n")
    }
    if outcome.decision.verdict != .keep { throw CommandFailure.retired }
  }
}
