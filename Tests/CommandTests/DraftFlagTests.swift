import TestSupport
import Testing

@testable import GhostCommand

@Suite("The flags of ghost draft") struct DraftFlagTests {
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
