import TestSupport
import Testing

@Suite("Drafting with a base of which a weight is not a number") struct BrokenModelTests {
  @Test("The error is told, nothing is printed or kept, and the exit code is that of a run that broke off")
  func draft() throws {
    let folder = try TemporaryFolder()
    try Fixtures.copyBrokenModel(to: folder)
    let ghost = Program(name: "ghost", folder: folder.path)
    let before = try folder.names
    for flags in [["--seed", "1"], ["--json"], ["--quantize", "q8"]] {
      let result = try ghost.run(["draft", "--model", ".", "--topic", "a lamp", "--length", "5"] + flags)
      #expect(result.code == 1)
      #expect(result.output == "")
      #expect(result.errors.contains("error: after ") && result.errors.contains("hold NaN or infinity"))
      #expect(try folder.names == before)
    }
  }
}
