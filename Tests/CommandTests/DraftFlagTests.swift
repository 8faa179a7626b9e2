import TestSupport
import Testing
import Train

@testable import GhostCommand

@Suite("The flags of ghost draft") struct DraftFlagTests {
  @Test("A negative number is refused for its range, and a flag is no number")
  func numbers() throws {
    func refusal(_ flags: String...) throws -> String {
      let error = try #require(throws: (any Error).self) {
        try DraftCommand.parse(["--topic", "a lamp", "--model", "/nowhere"] + flags).run()
      }
      return DraftCommand.message(for: error)
    }
    #expect(try refusal("--length", "-5").contains("-5; expected a whole number"))
    #expect(
      try refusal("--temperature", "-1")
        == "--temperature is -1.0; expected a number from 0, where 0 takes the likeliest token. Change it.")
    #expect(
      try refusal("--top-k", "--json")
        == "The value '--json' is invalid for '--top-k <top-k>': expected a whole number up to 9223372036854775807."
    )
    #expect(try refusal("--n", "-1") == "--n is -1; expected a whole number from 1 to 100. Change it.")
    #expect(
      try refusal("--threads", "-1") == "--threads is -1; expected a whole number from 1 to 1024. Change it.")
  }

  @Test("Words may begin with a dash, and a flag is none")
  func prose() throws {
    let draft = try DraftCommand.parse([
      "--topic", "-40 degrees", "--angle", "- what cold says", "--kind", "-",
    ])
    #expect(draft.topic == "-40 degrees" && draft.angle == "- what cold says" && draft.kind == "-")
    #expect(try RejectCommand.parse(["a-draft", "--reason", "-1 for tone"]).reason == "-1 for tone")
    let error = try #require(throws: (any Error).self) {
      try DraftCommand.parse(["--topic", "--angle", "what cold says"])
    }
    #expect(
      DraftCommand.message(for: error)
        == "The value '--angle' is invalid for '--topic <topic>': expected words that do not begin with two dashes,"
        + " as a flag does.")
  }

  @Test("The version is that of the package")
  func version() throws {
    let error = try #require(throws: (any Error).self) { try GhostCommand.parseAsRoot(["--version"]) }
    #expect(GhostCommand.message(for: error) == PackageVersion.text)
    #expect(GhostCommand.exitCode(for: error) == .success)
  }

  @Test("A file is replaced only where that is asked for, and nothing is drafted before that is known")
  func output() throws {
    let folder = try TemporaryFolder()
    let ghost = Program(name: "ghost", folder: folder.path)
    func draft(_ flags: String...) throws -> Program.Result {
      let wanted = ["--topic", "a lamp", "--max-tokens", "4", "--model", Fixtures.model("smollm2")]
      return try ghost.run(["draft", "-o", "piece.md"] + wanted + flags)
    }
    #expect(try draft("--seed", "1").code == 0)
    let first = try folder.content(of: "piece.md")
    #expect(!first.isEmpty)
    try folder.put("Edited.", as: "piece.md")
    let refused = try draft("--workspace", "desk")
    #expect(refused.code == 2 && refused.output.isEmpty)
    #expect(
      refused.errors
        == "error: piece.md: found a file; expected to save the draft as a new one."
        + " Choose another path, or replace it with --force.\n")
    #expect(try folder.content(of: "piece.md") == "Edited." && folder.names == ["piece.md"])
    #expect(try draft("--seed", "1", "--force").code == 0)
    #expect(try folder.content(of: "piece.md") == first)
    let alone = try #require(throws: (any Error).self) {
      try DraftCommand.parse(["--topic", "a", "--force"])
    }
    #expect(
      DraftCommand.message(for: alone)
        == "--force without --output; expected the file to replace. Name it or drop --force.")
  }
}
