import Files
import TestSupport
import Testing

@testable import Train

@Suite("Reading cases and outputs")
struct GateReaderTests {
  static let good =
    #"{"id":"a","prompt":"Say it.","checks":[{"contains":"it"}]}"# + "\n\n"
    + #"{"id":2,"seed":{"topic":"a lamp","length":40},"checks":[{"max_words":60},{"json":["x"],"about":"fact"}]}"#

  @Test("A prompt or a seed, and the checks")
  func cases() throws {
    let folder = try TemporaryFolder()
    let cases = try GateReader.cases(try folder.put(Self.good, as: "cases.jsonl"))
    #expect(
      cases == [
        GateCase(id: "a", request: .prompt("Say it."), checks: [GateCheck(.contains("it"))]),
        GateCase(
          id: "2", request: .seed(Seed(topic: "a lamp", length: 40)),
          checks: [GateCheck(.maxWords(60)), GateCheck(.json(keys: ["x"]), about: .fact)]),
      ])
  }

  static let badCases: [(String, String)] = [
    (
      #"{"id":"a","prompt":"b"}"#,
      #":1: found no check; expected at least one in "checks". Say what a good output does, such as {"contains": "…"}."#
    ),
    (
      #"{"id":"a","prompt":"b","checks":[]}"#,
      #":1: found no check; expected at least one in "checks". Say what a good output does, such as {"contains": "…"}."#
    ),
    (
      #"{"id":"a","prompt":"b","seed":{"topic":"c"},"checks":[{"ends":true}]}"#,
      #":1: found both "prompt" and "seed"; expected one of them. Remove one, or make two cases."#
    ),
    (
      #"{"id":"a","checks":[{"ends":true}]}"#,
      #":1: found neither "prompt" nor "seed"; expected one of them. Say what the case asks for."#
    ),
    (
      #"{"id":"a","prompt":"b","checks":[{"regex":"(["}]}"#,
      ":1: found a pattern that does not compile, ([; expected a regular expression. Correct it."
    ),
    (
      #"{"id":"a","prompt":"b","checks":[{"starts":"c"}]}"#,
      #":1: found the check "starts"; expected one of contains, not_contains, regex, equals, max_words, min_words, json, ends, voice. Rename or remove it."#
    ),
    (
      #"{"id":"a","prompt":"b","checks":[{"contains":"c","ends":true}]}"#,
      ":1: found a check without exactly one rule; expected one of contains, not_contains, regex, equals, max_words, min_words, json, ends, voice. Write one object a rule."
    ),
    (
      #"{"id":"a","prompt":"b","checks":[{"voice":0}]}"#,
      #":1: "voice": found 0; expected a number above 0. Correct the line."#
    ),
    (
      #"{"id":"a","prompt":"b","checks":[{"max_words":0}]}"#,
      #":1: "max_words": found 0; expected a whole number of words from 1. Correct the line."#
    ),
    (
      #"{"id":"a","prompt":"b","checks":[{"contains":""}]}"#,
      #":1: "contains": found an empty string; expected a string that is not empty. Correct the line."#
    ),
    (
      #"{"id":"a","prompt":" ","checks":[{"ends":true}]}"#,
      #":1: "prompt": found a string; expected a string with words in it. Correct the line."#
    ),
    (
      #"{"id":"a","seed":{"length":-3},"checks":[{"ends":true}]}"#,
      #":1: "seed.length": found -3; expected a whole number of words from 1. Correct the line."#
    ),
    (
      #"{"prompt":"b","checks":[{"ends":true}]}"#,
      #":1: "id": found nothing; expected a string or a whole number. Correct the line."#
    ),
    ("[1]", ":1: found a list; expected one JSON object. Correct the line."),
    (
      "\n",
      #": found no line to use; expected lines of {"id", "prompt" or "seed", "checks"}. Name the right file."#
    ),
    (
      #"{"id":"a","prompt":"b","checks":[{"ends":true}]}"# + "\n"
        + #"{"id":"a","prompt":"c","checks":[{"ends":true}]}"#,
      #":2: found the id "a" of line 1 again; expected one of its own. Rename or remove it."#
    ),
  ]

  @Test("A bad case is refused with its line and what to do", arguments: badCases)
  func badCase(text: String, message: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.put(text, as: "cases.jsonl")
    let error = #expect(throws: GateInputError.self) { try GateReader.cases(path) }
    #expect(error?.description == path + message)
  }

  @Test("Every bad line is named")
  func several() throws {
    let folder = try TemporaryFolder()
    let path = try folder.put("{\n\(Self.badCases[3].0)\n", as: "cases.jsonl")
    let error = try #require(#expect(throws: GateInputError.self) { try GateReader.cases(path) })
    #expect(error.problems.map(\.line) == [1, 2])
  }

  static let badOutputs: [(String, String)] = [
    (
      #"{"id":"x","output":"b"}"#,
      #":1: found the id "x"; expected one of cases.jsonl. Correct the id or remove the line."#
    ),
    (
      #"{"id":"a","output":"b"}"# + "\n" + #"{"id":"a","output":"c"}"#,
      #":2: found the id "a" of line 1 again; expected one of its own. Rename or remove it."#
    ),
    (
      #"{"id":"a","output":"b"}"#,
      ": found no output for 1 of 2 cases (2); expected one for each. Run the system on them."
    ),
    (#"{"id":"a"}"#, #":1: "output": found nothing; expected a string. Correct the line."#),
    (
      #"{"id":"a","output":"b","latency_ms":-1}"#,
      #":1: "latency_ms": found -1; expected a number from 0. Correct the line."#
    ),
    (
      #"{"id":"a","output":"b","ended":1}"#,
      #":1: "ended": found 1; expected true or false. Correct the line."#
    ),
  ]

  @Test("A bad output is refused with its line and what to do", arguments: badOutputs)
  func badOutput(text: String, message: String) throws {
    let folder = try TemporaryFolder()
    let cases = try GateReader.cases(try folder.put(Self.good, as: "cases.jsonl"))
    let path = try folder.put(text, as: "base.jsonl")
    let error = #expect(throws: GateInputError.self) {
      try GateReader.outputs(path, for: cases, of: "cases.jsonl")
    }
    #expect(error?.description == path + message)
  }

  @Test("Outputs come in the order of the cases, and written ones read back")
  func outputs() throws {
    let folder = try TemporaryFolder()
    let cases = try GateReader.cases(try folder.put(Self.good, as: "cases.jsonl"))
    let outputs = [
      GateOutput(id: "a", text: "it\n\"is\"", latencyMilliseconds: 12.5, cost: 1e-6, ended: false),
      GateOutput(id: "2", text: ""),
    ]
    let path = try folder.put(try GateRun.fileText(outputs.reversed()), as: "base.jsonl")
    #expect(try GateReader.outputs(path, for: cases, of: "cases.jsonl") == outputs)
  }
}
