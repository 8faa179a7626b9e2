import ArgumentParser
import Testing
import Train

@testable import LoraTrainCommand

@Suite("The flags of eval")
struct VerdictFlagTests {
  static func command(_ arguments: String...) throws -> EvalCommand { try EvalCommand.parse(arguments) }

  private func message(_ arguments: String...) throws -> String {
    let error = try #require(#expect(throws: (any Error).self) { try EvalCommand.parse(arguments) })
    return EvalCommand.message(for: error)
  }

  @Test("Every flag of a verdict reaches its setting")
  func settings() throws {
    var expected = VerdictRun(basePath: "base", adapterPath: "adapter")
    expected.archives = ["a.jsonl"]
    expected.heldOut = ["h.jsonl"]
    expected.others = ["b.jsonl", "c.jsonl"]
    expected.outputs = ["gpt.jsonl"]
    expected.samples = 2
    expected.maxPieces = 12
    expected.window = 512
    expected.sampling.temperature = 0.5
    expected.seed = 9
    expected.pricePerHour = 0.1
    expected.compute = .float32
    expected.quantization = .q8
    expected.threads = 1
    expected.skipsBadRows = true
    let command = try Self.command(
      "--verdict", "--model", "base", "--adapter-path", "adapter", "--data", "a.jsonl", "--held-out",
      "h.jsonl", "--others", "b.jsonl", "c.jsonl", "--outputs", "gpt.jsonl", "--samples", "2", "--max-pieces",
      "12", "--max-seq-length", "512", "--temperature", "0.5", "--seed", "9", "--price-per-hour", "0.1",
      "--compute", "f32", "--quantize", "q8", "--threads", "1", "--skip-bad-rows")
    #expect(try command.verdictRun("adapter") == expected)
    let plain = try Self.command("--verdict", "--model", "base", "--adapter-path", "adapter")
    #expect(try plain.verdictRun("adapter") == VerdictRun(basePath: "base", adapterPath: "adapter"))
  }

  @Test("A verdict needs its adapter; a plain score needs its rows and knows no flag of a verdict")
  func refusals() throws {
    #expect(try message("--verdict") == "--verdict without --adapter-path; expected both. Add it.")
    #expect(try message() == "No --data; expected the file to score.")
    #expect(
      try message("--data", "a", "--samples", "2")
        == "--samples without --verdict; expected both. Add --verdict.")
    for flag in ["--per-row", "--no-mask-prompt"] {
      #expect(
        try message("--verdict", "--adapter-path", "a", "--json", flag)
          == "\(flag) with --verdict; expected one of them. Remove one.")
    }
    #expect(try message("--data", "a", "--per-row") == "--per-row without --json; expected both. Add --json.")
  }
}
