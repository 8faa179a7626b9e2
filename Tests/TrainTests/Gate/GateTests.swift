import Files
import Foundation
import TestSupport
import Testing

@testable import Model
@testable import Tensor
@testable import Train

@Suite("The gate from files to its report")
struct GateTests {
  private let folder: TemporaryFolder
  private var gate: Gate

  init() throws {
    folder = try TemporaryFolder()
    let cases = try folder.put(
      """
      {"id":"lamp","seed":{"topic":"lamp","length":9,"kind":"note"},"checks":[{"max_words":40},{"ends":true}]}
      {"id":"bell","prompt":"About the bell:","checks":[{"contains":"bell"}]}

      """, as: "cases.jsonl")
    gate = Gate(casesPath: cases, outputsPath: folder("outputs"))
  }

  private func run(_ kind: GateRun.Kind, examples: Int? = nil) -> GateRun {
    var run = GateRun(kind, basePath: Fixtures.model("smollm2"))
    run.threads = 2
    run.maxTokens = 8
    run.exampleLimit = examples
    run.adapterPath = Fixtures.adapter("smollm2")
    run.pricePerHour = 3.6
    return run
  }

  @Test("The report is a table, the failures by check, and the outcome with its reasons")
  func report() throws {
    try folder.put(
      #"{"id":"lamp","output":"A lamp.","latency_ms":4,"cost":0.5}"# + "\n"
        + #"{"id":"bell","output":"It rang.","latency_ms":1200,"cost":0.25}"#, as: "outputs/other.jsonl")
    try folder.put(
      #"{"id":"bell","output":"It rang"}"# + "\n" + #"{"id":"lamp","output":"A lamp and"}"#,
      as: "outputs/base.jsonl")
    let report = try gate.report()
    #expect(
      report.lines() == [
        "2 cases with 3 checks from \(gate.casesPath)", "",
        "system         passed    rate     95 % interval        p50        p95  cost a call",
        "base           0 of 2   0.000    0.000 to 0.658          –          –            –",
        "other          1 of 2   0.500    0.095 to 0.905     602 ms   1,140 ms     0.375000", "",
        "Failures of other, the best prompted system", "contains           1  bell", "",
        "not enough evidence",
        "- Write 48 more cases: 2 say too little, 50 are the fewest that the gate decides on.",
      ])
    let json = report.json
    #expect(json["outcome"] == .null && json["baseline"] == "other" && json["cases"] == 2)
    let base = try #require(json["systems"]?.arrayValue?.first)
    #expect(base["passes"] == 0 && base["p95_ms"] == .null)
    #expect(
      base["failures"]
        == [["check": "contains", "cases": ["bell"]], ["check": "ends", "cases": ["lamp"]]])
    // What is printed as JSON must be writable.
    #expect(try !JSONWriter.string(of: json).isEmpty)
  }

  @Test("A local base answers every case, the same for the same seed, and its answers are scored")
  func base() throws {
    var told: [Int] = []
    let path = try gate.makeOutputs(run(.base)) { done, _ in told.append(done) }
    #expect(path == folder("outputs/base.jsonl") && told == [1, 2])
    let cases = try GateReader.cases(gate.casesPath)
    let first = try GateReader.outputs(path, for: cases, of: gate.casesPath)
    _ = try gate.makeOutputs(run(.base))
    let second = try GateReader.outputs(path, for: cases, of: gate.casesPath)
    #expect(first.map(\.text) == second.map(\.text))
    // A price of 3.6 an hour is 0.001 a second, 1e-6 a millisecond; one rounding each way.
    for output in first {
      let (cost, latency) = (try #require(output.cost), try #require(output.latencyMilliseconds))
      #expect(output.ended != nil && latency > 0 && abs(cost - latency * 1e-6) <= cost * 0x1p-50)
    }
    _ = try gate.makeOutputs(run(.adapter))
    let adapted = try GateReader.outputs(folder("outputs/adapter.jsonl"), for: cases, of: gate.casesPath)
    #expect(adapted.map(\.text) != first.map(\.text))
    #expect(try gate.report().lines().contains { $0.hasPrefix("adapter") })
  }

  @Test("A run that was broken off goes on with the answers that it has kept; another run does not take them")
  func brokenOff() throws {
    let kept = "outputs/.base.jsonl"
    let obstacle = folder("outputs/base.jsonl")
    #expect(throws: FileError.self) {
      try gate.makeOutputs(run(.base)) { _, _ in
        try? FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: true)
      }
    }
    try FileManager.default.removeItem(atPath: obstacle)
    let lines = try folder.content(of: kept).split(separator: "\n")
    try #require(lines.count == 3)
    // As a killed run leaves them: the last line cut off.
    let marked = lines[1].replacing("\"output\":\"", with: "\"output\":\"kept ")
    let left = "\(lines[0])\n\(marked)\n\(lines[2].prefix(9))"
    let cases = try GateReader.cases(gate.casesPath)
    for (seed, isKept) in [(UInt64(0), true), (7, false)] {
      try folder.put(left, as: kept)
      var run = run(.base)
      run.seed = seed
      let path = try gate.makeOutputs(run)
      let outputs = try GateReader.outputs(path, for: cases, of: gate.casesPath)
      #expect(outputs.map { $0.text.hasPrefix("kept ") } == [isKept, false])
      #expect(!folder.holds(kept))
    }
  }

  @Test("Examples are shown as they are learned, nearest last, without the answer, as many as fit")
  func fewShot() throws {
    let archive = try folder.put(TinyRun.rows.joined(separator: "\n"), as: "archive.jsonl")
    let rows = try Archive(paths: [archive]).rows
    let base = try BaseModel(path: Fixtures.model("smollm2"), pool: ThreadPool(threadCount: 1))
    let seed = Seed(topic: "kettle that boils over", length: 9)
    let item = GateCase(id: "a", request: .seed(seed), checks: [GateCheck(.ends)])
    let question = DraftPrompt(for: seed, base: base)
    let two = try FewShotPrompt(base: base, rows: rows, limit: 2).plan(for: item, maxTokens: 8, window: 2048)
    #expect(two.examples == 2 && two.tokenLimit == question.tokenLimit)
    let text = base.tokenizer.decode(two.tokens, skipSpecialTokens: true)
    #expect(text.hasSuffix("The kettle sings before it boils over.\(PromptLayout.prompt(for: seed))"))
    let window = question.tokens.count + question.tokenLimit
    let none = try FewShotPrompt(base: base, rows: rows, limit: 9).plan(
      for: item, maxTokens: 8, window: window)
    #expect(none.examples == 0 && none.tokens == question.tokens)
    let all = try FewShotPrompt(base: base, rows: rows, limit: .max).plan(
      for: item, maxTokens: 8, window: window + 200)
    #expect(all.examples > 0 && all.tokens.count + all.tokenLimit <= window + 200)

    let lamp = GateCase(
      id: "b", request: .seed(Seed(topic: "lamp", length: 9, kind: "note")), checks: [GateCheck(.ends)])
    let others = try FewShotPrompt(base: base, rows: rows, limit: .max).plan(
      for: lamp, maxTokens: 8, window: 8192)
    #expect(others.examples == rows.filter(\.canBeShown).count - 1)
    #expect(!base.tokenizer.decode(others.tokens, skipSpecialTokens: true).contains("went quiet in March"))
  }

  @Test("What a run cannot do is refused before anything is written")
  func refusals() throws {
    var bare = run(.adapter)
    bare.adapterPath = nil
    #expect(
      #expect(throws: GateSettingError.self) { try gate.makeOutputs(bare) }?.description
        == "--adapter-path: found none; expected the adapter's folder with --run adapter. Change it.")
    #expect(
      #expect(throws: GateRunError.self) { try gate.makeOutputs(run(.fewShot)) }?.description
        == "found no row to show as an example; expected posts, edits or completions. Give an archive with --data."
    )
    var narrow = run(.base)
    narrow.window = 8
    #expect(throws: GateRunError.self) { try gate.makeOutputs(narrow) }
    narrow.window = 0
    #expect(
      #expect(throws: GateSettingError.self) { try gate.makeOutputs(narrow) }?.description
        == "--max-seq-length: found 0; expected a whole number from 1 to 1048576. Change it.")
    var wide = run(.base)
    wide.threads = 2_000_000_000
    #expect(
      #expect(throws: GateSettingError.self) { try gate.makeOutputs(wide) }?.description
        == "--threads: found 2000000000; expected a whole number from 1 to 1024. Change it.")
    #expect(try folder.names.filter { $0 != "outputs" } == ["cases.jsonl"])
    #expect(!folder.holds("outputs/base.jsonl"))
  }

  @Test("A folder of outputs that is not there is named")
  func noOutputs() throws {
    #expect(
      #expect(throws: GateSettingError.self) { try gate.report() }?.description
        == "--outputs: found no folder \(gate.outputsPath); expected one with the outputs of a system, which --run base makes. Change it."
    )
  }

  @Test("The voice is compared to the archive: near passes, far fails, and without an archive it is refused")
  func voice() throws {
    let cases = try folder.put(
      #"{"id":"lamp","prompt":"A lamp","checks":[{"voice":1.5}]}"# + "\n"
        + #"{"id":"bell","prompt":"A bell","checks":[{"voice":1.5}]}"#, as: "voice.jsonl")
    let posts = try VoiceTexts.archive()
    let outputs: [JSONValue] = [
      ["id": "lamp", "output": .string(posts[0])],
      ["id": "bell", "output": "Shout! Shout! Shout! Whither, o whither, shall thou?"],
    ]
    try folder.put(
      try outputs.map { try JSONWriter.string(of: $0) }.joined(separator: "\n"), as: "outputs/base.jsonl")
    let gate = Gate(casesPath: cases, outputsPath: folder("outputs"), archives: [VoiceTexts.archivePath])
    let score = try #require(try gate.report().json["systems"]?.arrayValue?.first)
    #expect(score["passes"] == 1 && score["failures"] == [["check": "voice", "cases": ["bell"]]])

    var refused = gate
    refused.archives = []
    #expect(
      #expect(throws: GateSettingError.self) { try refused.report() }?.description
        == "--data: found none; expected what the writer wrote, to which the check \"voice\" of case lamp compares. Change it."
    )
    #expect(throws: GateSettingError.self) { try refused.makeOutputs(run(.base)) }
    refused.archives = [try folder.put(#"{"text":"One."}"#, as: "one.jsonl")]
    #expect(
      #expect(throws: GateSettingError.self) { try refused.report() }?.description
        == "--data: found fewer than two texts; expected what the writer wrote, to which the check \"voice\" of case lamp compares. Change it."
    )
  }

  @Test("A system is known by its name")
  func systems() {
    #expect(GateSystem(path: "outputs/few-shot-8.jsonl").role == .fewShot(examples: 8))
    #expect(GateSystem(name: "few-shot").role == .fewShot(examples: nil))
    #expect(GateSystem(name: "adapter-2").role == .adapter && GateSystem(name: "base").role == .base)
    #expect(GateSystem(name: "few-shot-x").role == .other)
    #expect(run(.fewShot, examples: 4).system.name == "few-shot-4" && run(.base).system.name == "base")
  }
}
