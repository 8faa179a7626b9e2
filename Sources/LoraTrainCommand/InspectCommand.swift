import ArgumentParser
import Files
import Train

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say what a file or folder is: safetensors, tokenizer.json, archive, base or adapter.")

  @Argument(help: "The file or folder.")
  var path: String

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() throws {
    let inspection = try Inspection(path)
    if json {
      try Console.printResult([JSONWriter.string(of: inspection.json)])
    } else {
      try Console.printResult(inspection.lines)
    }
  }
}
