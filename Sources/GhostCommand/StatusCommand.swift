import ArgumentParser
import Files
import Ghost

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show pieces, drafts, the edit rate and its trend, the adapter in use, and what to do next.")

  @OptionGroup var options: DeskOptions

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() throws {
    let status = try DeskStatus(options.desk)
    try GhostCommand.printResult(
      json ? try JSONWriter.string(of: status.json, layout: .pretty) : status.lines.joined(separator: "\n"))
  }
}
