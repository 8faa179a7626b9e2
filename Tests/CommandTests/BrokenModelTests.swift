import TestSupport
import Testing

@Suite("A base of which a weight is not a number") struct BrokenModelTests {
  @Test(
    "Drafting tells the error, nothing is printed or kept, and the exit code is that of a run that broke off")
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

  @Test("Scoring tells which base gave no number, and prints nothing", arguments: [[], ["--json"]])
  func score(flags: [String]) throws {
    let folder = try TemporaryFolder()
    try Fixtures.copyBrokenModel(to: folder)
    try folder.put(#"{"text": "A lamp."}"#, as: "a.jsonl")
    let arguments = ["eval", "--model", ".", "--data", "a.jsonl"]
    let result = try Program(name: "lora-train", folder: folder.path).run(arguments + flags)
    #expect(result.code == 1 && result.output == "")
    #expect(
      result.errors
        == "error: a.jsonl:1: found a loss of NaN or infinity with .; expected a finite number. Its weights are damaged,"
        + " or too large for the arithmetic: get them anew, or compute with --compute f32.\n")
  }
}
