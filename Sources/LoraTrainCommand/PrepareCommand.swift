import ArgumentParser
import Files
import Flags
import Foundation
import Prepare

struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare", abstract: "Make an archive from the posts you have.",
    discussion: """
      Reads folders of Markdown, with front matter in YAML or TOML, plain text and HTML, and exports of \
      WordPress (WXR), Ghost (JSON) and Substack (the unpacked folder). Title, date, kind and seed are \
      taken from the front matter or derived. Headings, emphasis, lists, quotations and code stay, those in \
      HTML as Markdown; shortcodes, images, embeds, link targets and the tags of HTML go. Running it again adds only what is new. A \
      source that cannot be read is named, and the rest goes on.
      """)

  @Argument(help: ArgumentHelp("Folders and files to read.", valueName: "path"))
  var paths: [String] = []

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("Folders of your rawest writing, which counts more.", valueName: "dir"))
  var dailyLogs: [String] = []

  @Option(name: .long, help: ArgumentHelp("The archive to write, or to add to.", valueName: "file"))
  var output = PrepareOptions().output

  @Option(number: ArgumentHelp("Leave out pieces of fewer words.", valueName: "n"))
  var minWords = PrepareOptions().minWords

  @Option(
    number: ArgumentHelp(
      "The weight of a daily log beside 1 for a post, up to 1000. (default: \(PrepareOptions().logWeight))",
      valueName: "w"))
  var logWeight: Double?

  @Flag(name: .long, help: "Replace keys, e-mail addresses and telephone numbers by their names in brackets.")
  var redact = false

  @Flag(name: .long, help: "Stop at the first source that cannot be read.")
  var strict = false

  @Flag(name: .long, help: "Print the complete report as one JSON object.")
  var json = false

  func validate() throws {
    if paths.isEmpty, dailyLogs.isEmpty {
      throw ValidationError("No path; expected a folder or file to read.")
    }
    if minWords < 0 { throw ValidationError("--min-words is \(minWords); expected 0 or more.") }
    if let logWeight, !(logWeight > 0 && logWeight <= 1000) {
      throw ValidationError("--log-weight is \(logWeight); expected a number above 0, up to 1000.")
    }
    if logWeight != nil, dailyLogs.isEmpty {
      throw ValidationError("--log-weight without --daily-logs; expected both. Add --daily-logs.")
    }
  }

  func run() throws {
    var options = PrepareOptions()
    options.paths = paths
    options.dailyLogs = dailyLogs
    options.output = output
    options.minWords = minWords
    if let logWeight { options.logWeight = logWeight }
    options.redacts = redact
    options.isStrict = strict
    let report = try PrepareRun(options).start()
    for problem in report.problems { Console.writeError("skipped \(problem)\n") }
    if json {
      try Console.printResult([JSONWriter.string(of: report.json)])
    } else {
      try Console.printResult(report.lines)
    }
  }
}
