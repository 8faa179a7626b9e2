import Files
import Foundation
import Model
import TestSupport
import Testing

@testable import Train

@Suite("Refusing an adapter that was trained for something else") struct AdapterRefusalTests {
  static let zeros = String(repeating: "0", count: 64)

  /// The fixture's adapter with a record of one pin that does not hold, and the start of the line that refuses it.
  static let cases: [(key: String, value: String, finding: String)] = [
    ("base_sha256", zeros, "the base is \(Fixtures.model("smollm2")) (SHA-256 "),
    ("tokenizer_sha256", zeros, "the tokenizer is \(Fixtures.model("smollm2"))/tokenizer.json (SHA-256 "),
    (
      "prompt_layout", "seed-lines-0",
      "prompts are laid out as \(PromptLayout.version); expected seed-lines-0"
    ),
  ]

  private func adapter(_ folder: TemporaryFolder, _ key: String, _ value: String) throws -> String {
    let path = folder("given")
    try FileManager.default.copyItem(atPath: Fixtures.adapter("smollm2"), toPath: path)
    try folder.put("{\"settings\": {\"\(key)\": \"\(value)\"}}", as: "given/run.json")
    return path
  }

  @Test("eval, gate and training from it refuse another base, tokenizer or prompt layout", arguments: cases)
  func refused(key: String, value: String, finding: String) throws {
    let tiny = try TinyRun()
    let path = try adapter(tiny.folder, key, value)
    var options = tiny.options
    func expectRefusal(_ work: () throws -> Void) {
      let error = #expect(throws: (any Error).self) { try work() }
      #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("\(path): \(finding)"))
    }
    expectRefusal {
      _ = try EvaluationRun(
        basePath: tiny.base, archives: [tiny.archive], adapterPath: path, options: options
      ).start()
    }
    expectRefusal {
      var gate = GateRun(.adapter, basePath: tiny.base)
      gate.adapterPath = path
      let item = GateCase(id: "a", request: .prompt("b"), checks: [])
      _ = try gate.start([item], rows: [], keptIn: tiny.folder("kept.jsonl"))
    }
    options.initialAdapter = path
    expectRefusal {
      _ = try FineTuningRun(
        basePath: tiny.base, archives: [tiny.archive], adapterPath: tiny.adapterPath, options: options
      ).start(stop: StopRequest()) { _ in }
    }
  }
}
