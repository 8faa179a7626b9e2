import ArgumentParser
import Files
import Ghost

struct ShipCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ship", abstract: "Take an edited draft into the archive, and say what the edit changed.",
    discussion: """
      The archive gets one edit row: seed, draft and final. It is there whole or not at all, and once, also where \
      two are shipped at a time or the command is interrupted.
      """)

  @OptionGroup var name: DraftName
  @OptionGroup var options: DeskOptions

  @Option(name: .long, help: "The file with the edited text; the draft's own unless told.")
  var final: String?

  @Flag(name: .long, help: "Ship the draft as it was written.")
  var unchanged = false

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() throws {
    let shipment = try options.desk.ship(name.id, final: final, allowsUnchanged: unchanged)
    try GhostCommand.printResult(
      json
        ? try JSONWriter.string(of: shipment.json, layout: .pretty) : shipment.lines.joined(separator: "\n"))
  }
}
