import ArgumentParser
import Flags
import Ghost

struct RejectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reject", abstract: "Record that a draft was thrown away; its files stay.")

  @OptionGroup var name: DraftName
  @OptionGroup var options: DeskOptions

  @Option(prose: "Why, in your own words.")
  var reason: String?

  func run() throws {
    let id = try options.desk.reject(name.id, reason: reason)
    try GhostCommand.printResult("rejected \(id), as \(options.desk.rejectedPath) says now")
  }
}
