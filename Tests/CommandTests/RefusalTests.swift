import ArgumentParser
import Flags
import Testing

@testable import GhostCommand
@testable import LoraTrainCommand

@Suite("What the parser refuses") struct RefusalTests {
  private func refusal(_ root: (some ParsableCommand).Type, _ arguments: String...) throws -> String {
    let error = try #require(throws: (any Error).self) { try root.parseAsRoot(arguments) }
    return root.refusal(for: error, startedAs: "swift run it")
  }

  @Test("A refusal is one line that names the help of its subcommand")
  func subcommands() throws {
    #expect(
      try refusal(LoraTrainCommand.self, "eval", "--data")
        == "Missing value for '--data <file>'. See swift run it eval --help.")
    #expect(
      try refusal(LoraTrainCommand.self, "--epochs", "x").hasSuffix(". See swift run it train --help."))
    #expect(
      try refusal(LoraTrainCommand.self, "prepare")
        == "No path; expected a folder or file to read. See swift run it prepare --help.")
    #expect(
      try refusal(GhostCommand.self, "ship")
        == "Missing expected argument '<id>'. See swift run it ship --help.")
    #expect(try refusal(GhostCommand.self, "shipp").hasSuffix(" See swift run it --help."))
    #expect(
      LoraTrainCommand.refusal(for: ValidationError("No --data."), startedAs: "lora-train")
        == "No --data. See lora-train --help.")
  }
}
