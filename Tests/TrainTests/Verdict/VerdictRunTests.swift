import Files
import Foundation
import TestSupport
import Testing

@testable import Model
@testable import Train

@Suite("Judging an adapter from files to its folder")
struct VerdictRunTests {
  /// Sixteen posts and a run that holds half of them out.
  private let tiny: TinyRun

  init() throws {
    let nouns = [
      "lamp", "drawer", "bell", "saw", "hinge", "ladder", "kettle", "clock", "shelf", "glove", "rope",
      "chisel",
      "stool", "lantern", "bucket", "broom",
    ]
    var tiny = try TinyRun(
      rows: nouns.enumerated().map { index, noun in
        #"{"id":"\#(noun)","seed":{"topic":"\#(noun)","length":12,"kind":"note"},"title":"The \#(noun)","text":"A \#(noun) & its <shadow> number \#(index) went quiet, for \#(noun) reasons of \#(noun)."}"#
      })
    tiny.options.validFraction = 0.5
    tiny.options.maxSteps = 2
    self.tiny = tiny
  }

  private func verdict() -> VerdictRun {
    var run = VerdictRun(basePath: tiny.base, adapterPath: tiny.adapterPath)
    run.samples = 2
    run.maxPieces = 3
    run.window = 256
    run.threads = 2
    run.pricePerHour = 3.6
    return run
  }

  @Test("The pieces are those that the run held out, and every system scores and drafts them")
  func run() throws {
    try tiny.start()
    var events: [String] = []
    let outcome = try verdict().start { event in
      switch event {
      case .prepared(let pieces, let drafted, let notes): events.append("\(pieces) \(drafted) \(notes)")
      case .scored(let system, let loss): events.append("\(system.name) \(loss.tokens > 0)")
      case .drafted(let done, let count): if done == count { events.append("\(count) drafts") }
      case .comparing: events.append("comparing")
      }
    }
    let record = try #require(try RunRecord.read(tiny.adapterPath))
    let heldOut = try #require(record["data"]?["held_out"]?.arrayValue).compactMap(\.stringValue)
    #expect(outcome.pieces.map(\.id) == heldOut && heldOut.count > 3)
    #expect(
      events == [
        "\(heldOut.count) 3 []", "base true", "adapter true", "prompted base true", "adapter + few-shot true",
        "24 drafts", "comparing",
      ])
    #expect(outcome.systems.map(\.system) == ComparedSystem.local)
    #expect(outcome.systems.allSatisfy { $0.drafts.map(\.count) == [2, 2, 2] })
    // The same tokens of the same pieces, whatever stands before them.
    #expect(Set(outcome.systems.map { $0.losses?.total.bytes }).count == 1)
    #expect(Set(outcome.systems.map { $0.losses?.total.tokens }).count == 1)
    #expect(Set(outcome.systems.compactMap { $0.losses?.total.nats }).count == 4)
    #expect(
      outcome.pieces.map { $0.text.utf8.count + $0.id.utf8.count + 8 }
        == outcome.systems[0].losses?.map(\.bytes))
    #expect(outcome.decision.verdict == .notEnoughEvidence)
    #expect(
      outcome.effects.map(\.measure).filter { $0 != .voice }
        == [.bitsPerByte, .p95Latency, .cost, .adherence, .copying])
  }

  @Test("The files of the base are read before the first event, and not once more")
  func baseReadOnce() throws {
    let base = tiny.folder("base")
    try FileManager.default.copyItem(atPath: tiny.base, toPath: base)
    try tiny.start()
    var run = verdict()
    (run.basePath, run.maxPieces, run.samples) = (base, 1, 1)
    let fingerprint = try BaseModel.fingerprint(path: base)
    let outcome = try run.start { event in
      if case .prepared = event { try? FileManager.default.removeItem(atPath: base) }
    }
    #expect(!tiny.folder.holds("base") && outcome.baseFingerprint == fingerprint)
  }

  @Test("The base's losses are those of a plain score of the same rows")
  func losses() throws {
    try tiny.start()
    let outcome = try verdict().start()
    var plain = EvaluationRun(
      basePath: tiny.base, archives: [tiny.archive], adapterPath: tiny.adapterPath, options: tiny.options)
    plain.options.maxSequenceLength = 256
    let rows = try plain.start().rows
    for (piece, place) in zip(outcome.pieces, outcome.pieces.indices) {
      let row = try #require(rows.first { $0.line == piece.row.line })
      // Rounding of some sixty losses near 10, which batch it is in aside.
      let bound = 64 * 10 * 16 * 0x1p-23
      let (base, adapter) = (outcome.systems[0].losses?[place], outcome.systems[2].losses?[place])
      #expect(abs((base?.nats ?? .nan) - row.base.nats) <= bound && base?.bytes == row.base.bytes)
      #expect(abs((adapter?.nats ?? .nan) - (row.adapter?.nats ?? .nan)) <= bound)
    }
  }

  @Test("The folder gets a record, a page that stands alone, and no other file; drafts of before are gone")
  func files() throws {
    try tiny.start()
    let before = try tiny.folder.names
    let outcome = try verdict().start()
    #expect(tiny.folder.holds("adapter/\(DraftStore.name)"))
    try EvaluationRecord.write(outcome)
    #expect(!tiny.folder.holds("adapter/\(DraftStore.name)"))
    #expect(try tiny.folder.names == before)
    let record = try #require(try EvaluationRecord.read(tiny.adapterPath))
    #expect(record["verdict"] == "not enough evidence" && record["format"] == 1)
    #expect(record["evaluated_at"]?.stringValue.flatMap { try? Date($0, strategy: .iso8601) } != nil)
    #expect(record["held_out"]?.arrayValue?.count == outcome.pieces.count)
    #expect(record["evaluation_sha256"]?.stringValue?.count == 64)
    let page = try tiny.folder.content(of: "adapter/report.html")
    #expect(page.contains("A \(outcome.pieces[0].id) &amp; its &lt;shadow&gt; number"))
    #expect(!page.contains("<shadow>") && !page.contains("http") && !page.contains("<script"))
    #expect(page.components(separatedBy: "<svg").count > 5)
    #expect(try EvaluationRecord.read(tiny.folder.path) == nil)
    // What is printed as JSON must be writable, drafts and all.
    let json = VerdictReport(outcome).json(drafts: true)
    #expect(json["systems"]?.arrayValue?.first?["texts"]?.arrayValue?.count == 6)
    #expect(try !JSONWriter.string(of: json).isEmpty)
    #expect(
      VerdictReport(outcome).lines().first
        == "\(outcome.pieces.count) held-out pieces scored; 2 drafts of 3 pieces by each system")
  }

  @Test("A judgement that was broken off goes on with its drafts; another judgement does not take them")
  func resumes() throws {
    try tiny.start()
    let whole = try verdict().start()
    // The store as a killed run leaves it: the last line cut off.
    let path = "adapter/\(DraftStore.name)"
    let lines = try tiny.folder.content(of: path).split(separator: "\n").prefix(4).joined(separator: "\n")
    try tiny.folder.put(
      lines.replacing("\"text\":\"", with: "\"text\":\"kept ", maxReplacements: 1) + "\n{\"piece\":\"la",
      as: path)
    let resumed = try verdict().start()
    let drafts = resumed.systems.map { $0.allDrafts.map(\.draft.text) }
    #expect(drafts.joined().filter { $0.hasPrefix("kept ") }.count == 1)
    #expect(drafts[3] == whole.systems[3].allDrafts.map(\.draft.text))
    func keptCount(_ run: VerdictRun) throws -> Int {
      try run.start().systems.flatMap(\.allDrafts).count { $0.draft.text.hasPrefix("kept ") }
    }
    // What changes drafts or their times makes another judgement; each takes its own drafts up again.
    let changes: [(inout VerdictRun) -> Void] = [
      { $0.seed = 7 }, { $0.compute = .int8 }, { $0.threads = 1 },
    ]
    for change in changes {
      var other = verdict()
      other.maxPieces = 1
      _ = try other.start()
      try tiny.folder.put(
        tiny.folder.content(of: path).replacing("\"text\":\"", with: "\"text\":\"kept "), as: path)
      #expect(try keptCount(other) == 8)
      change(&other)
      #expect(try keptCount(other) == 0)
    }
  }

  @Test("An outside system takes part with its file; an id that is no held-out post is named with its line")
  func outputs() throws {
    try tiny.start()
    var run = verdict()
    let ids = try run.start().pieces.map(\.id)
    let good = ids.map { #"{"id":"\#($0)","output":"Words of \#($0).","latency_ms":5,"cost":0.001}"# }
    run.outputs = [try tiny.folder.put(good.joined(separator: "\n"), as: "gpt.jsonl")]
    let system = try #require(try run.start().systems.last)
    #expect(system.system == .external("gpt") && system.bitsPerByte == nil)
    #expect(system.latency == LatencyPercentiles([5]) && abs((system.costPerDraft ?? 0) - 0.001) <= 1e-15)
    #expect(system.drafts.map { $0.map(\.adherence.endsByItself) } == [[true], [true], [true]])

    run.outputs = [try tiny.folder.put(#"{"id":"stranger","output":"a"}"#, as: "gpt.jsonl")]
    let error = try #require(#expect(throws: GateInputError.self) { try run.start() })
    #expect(
      error.description
        == "\(tiny.folder("gpt.jsonl")):1: found the id \"stranger\"; expected one of the held-out posts. Correct the id or remove the line."
    )
  }

  @Test("Rows that share an id are told apart by their places, in drafts, in outputs and when resuming")
  func sharedIDs() throws {
    try tiny.start()
    let texts = [
      "Pears ripen all at once while nobody looks.", "Of quinces only the jelly was worth the wait.",
    ]
    var run = verdict()
    run.heldOut = try texts.enumerated().map { index, text in
      try tiny.folder.put(
        #"{"id":"1","seed":{"topic":"fruit","length":10},"text":"\#(text)"}"#, as: "held-\(index).jsonl")
    }
    let places = run.heldOut.map { "\($0):1" }
    let whole = try run.start()
    #expect(whole.pieces.map(\.id) == places)
    // The drafts of the second alone are kept.
    let kept = try tiny.folder.content(of: "adapter/\(DraftStore.name)").split(separator: "\n").filter {
      !$0.contains("held-0.jsonl")
    }.map { $0.replacing("\"text\":\"", with: "\"text\":\"kept ") }
    try tiny.folder.put(kept.joined(separator: "\n") + "\n", as: "adapter/\(DraftStore.name)")
    for system in try run.start().systems {
      #expect(
        system.drafts.map { $0.map { $0.draft.text.hasPrefix("kept ") } } == [[false, false], [true, true]])
    }

    run.outputs = [try tiny.folder.put(#"{"id":"1","output":"a"}"#, as: "gpt.jsonl")]
    let error = try #require(#expect(throws: GateInputError.self) { try run.start() })
    #expect(
      error.description
        == "\(run.outputs[0]):1: found the id \"1\"; expected one of the held-out posts, by file:line where several rows have one id. Correct the id or remove the line."
    )
    // A row of the training side has the id too.
    let trained = try tiny.folder.put(
      #"{"id":"1","seed":{"topic":"fruit"},"text":"Plums, on the other hand, come one by one and late."}"#,
      as: "trained.jsonl")
    run.archives = [tiny.archive, trained]
    (run.outputs, run.heldOut) = ([], [run.heldOut[0]])
    #expect(try run.start().pieces.map(\.id) == [places[0]])
  }

  @Test(
    "Held-out posts of a file of their own: one that the adapter was trained on is left out, a copy counts once"
  )
  func separateFile() throws {
    try tiny.start()
    let derived = try verdict().start().pieces
    let rows = try tiny.folder.content(of: "archive.jsonl").split(separator: "\n").map(String.init)
    func row(_ id: String) throws -> String {
      try #require(rows.first { $0.hasPrefix(#"{"id":"\#(id)""#) })
    }
    let ids = Set(derived.map(\.id))
    let trained = try #require(
      ["lamp", "drawer", "bell", "saw", "hinge", "rope"].first { !ids.contains($0) })
    let new =
      #"{"id":"new","seed":{"topic":"a pear","length":10},"text":"Pears ripen all at once, on a Tuesday, while nobody looks at them twice."}"#
    let text = #"{"text":"A text without any seed, which nobody could be asked to write again."}"#
    var run = verdict()
    run.heldOut = [
      try tiny.folder.put(
        [new, text, try row(trained), new, try row(derived[0].id)].joined(separator: "\n"), as: "held.jsonl")
    ]
    run.others = [tiny.archive]
    let outcome = try run.start()
    // What the run held out may be named again; it is then no example in a prompt.
    #expect(outcome.pieces.map(\.id) == ["new", derived[0].id])
    #expect(
      outcome.notes == [
        "1 held-out row left out: the adapter was trained on the same text, or nearly so.",
        "1 held-out row without a seed left out.",
      ])
    // On the archive as another writer's the adapter saves what a plain score of it says.
    var plain = EvaluationRun(
      basePath: tiny.base, archives: [tiny.archive], adapterPath: tiny.adapterPath, options: tiny.options)
    plain.options.maxSequenceLength = 256
    let comparison = try #require(try plain.start().comparison)
    let saved = comparison.base.total.bitsPerByte - comparison.adapter.total.bitsPerByte
    let others = try #require(outcome.specificity).others
    let line = VerdictReport(outcome).lines().first { $0.hasPrefix("specificity: ") }
    #expect(line?.contains(" writer and \(NumberText.signed(others, 3)) on others;") == true)
    #expect(line?.contains(/-[0-9]/) == false, "\(line ?? "")")
    // Losses near 10 over a thousand tokens, each to a few units in the last place, divided by as many bytes.
    #expect(abs(saved) > 1e-4 && abs(others - saved) <= 10 * 16 * 0x1p-23)
  }

  @Test("A row whose seed leaves no room to score it is left out and told; a file of nothing else is refused")
  func narrowWindow() throws {
    try tiny.start()
    let long = String(repeating: "quince and medlar ", count: 6)
    let rows = [
      #"{"id":"short","seed":{"topic":"a"},"text":"Pears ripen all at once while nobody looks at them."}"#,
      #"{"id":"long","seed":{"topic":"\#(long)"},"text":"Of quinces only the jelly was ever worth the wait."}"#,
    ]
    let both = try tiny.folder.put(rows.joined(separator: "\n"), as: "both.jsonl")
    let narrow = try tiny.folder.put(rows[1], as: "long.jsonl")
    var run = verdict()
    run.window = VerdictRun.leastWindow
    (run.heldOut, run.others) = ([both], [both])
    let outcome = try run.start()
    #expect(outcome.pieces.map(\.id) == ["short"] && outcome.places == [0])
    let note =
      "1 row of \(both) left out: a prompt of more than half of the window of 64 tokens, or nothing that counts."
    #expect(outcome.notes == [note, note])
    #expect(outcome.systems.allSatisfy { $0.bitsPerByte?.isFinite == true })
    #expect(outcome.specificity?.others.isFinite == true)
    try EvaluationRecord.write(outcome)

    let refusal =
      "\(narrow): found no row to score, each with a prompt of more than 32 tokens, half of the window, or with nothing"
      + " that counts; expected at least one. Raise --max-seq-length, or give other rows."
    for (heldOut, others) in [(narrow, both), (both, narrow)] {
      (run.heldOut, run.others) = ([heldOut], [others])
      #expect(#expect(throws: VerdictInputError.self) { try run.start() }?.description == refusal)
    }
  }

  @Test("An adapter that began with another is judged on what its own run held out")
  func begunWithAnother() throws {
    var first = tiny
    first.options.validFraction = 0
    first.options.maxSteps = 1
    try first.start()
    var second = first
    second.adapterName = "second"
    second.options.initialAdapter = first.adapterPath
    second.options.validFraction = 0.1
    second.archive = try tiny.folder.put(
      try String(contentsOfFile: tiny.archive, encoding: .utf8)
        + ["anvil", "bench", "crate"].map {
          #"{"id":"\#($0)","seed":{"topic":"\#($0)","length":9,"kind":"note"},"text":"What the \#($0) did last spring."}"#
            + "\n"
        }.joined(), as: "grown.jsonl")
    try second.start()
    var run = verdict()
    run.adapterPath = second.adapterPath
    let record = try #require(try RunRecord.read(second.adapterPath))
    let heldOut = try #require(record["data"]?["held_out"]?.arrayValue).compactMap(\.stringValue)
    #expect(heldOut.count == 2)
    let outcome = try run.start { _ in }
    #expect(outcome.pieces.map(\.id) == heldOut && outcome.notes.isEmpty)
  }

  @Test("An archive that has changed since is told, and a row that was trained on is never held out")
  func changed() throws {
    try tiny.start()
    let run = verdict()
    let before = try run.start().pieces.map(\.id)
    let extra =
      #"{"id":"new","seed":{"topic":"a pear","length":10},"text":"Pears ripen all at once, on a Tuesday, while nobody looks at them twice."}"#
    try tiny.folder.put(try tiny.folder.content(of: "archive.jsonl") + extra + "\n", as: "archive.jsonl")
    let outcome = try run.start()
    #expect(outcome.pieces.map(\.id).filter { $0 != "new" } == before)
    #expect(
      outcome.notes == ["The archive has changed since the adapter was trained on it; the split is by text."])

    // As if the split had put a held-out row on the other side.
    let pin = try #require(outcome.pieces.first).row.pin
    let record = try tiny.folder.content(of: "adapter/run.json")
    let other = try #require(
      RowPins(record: try JSONParser.parse(contentsOf: tiny.folder("adapter/run.json")))
    )
    .training.sorted()[0]
    try tiny.folder.put(
      record.replacing("\"\(other)\"", with: "\"\(pin)\""), as: "adapter/run.json")
    #expect(try run.start().pieces.map(\.id) == outcome.pieces.dropFirst().map(\.id))
  }

  @Test("A folder that takes no file is refused before anything is computed, and the adapter stays as it was")
  func unwritable() throws {
    try tiny.start()
    // A folder in the place of the kept drafts, since a test may run as a user who may write anywhere.
    try AtomicFile.createDirectory("\(tiny.adapterPath)/\(DraftStore.name)")
    let before = try tiny.adapterBytes()
    #expect(
      throws: FileError(
        path: "\(tiny.adapterPath)/\(DraftStore.name)", operation: .write, problem: .isDirectory)
    ) { try verdict().start { event in Issue.record("\(event)") } }
    #expect(try tiny.adapterBytes() == before)
  }

  @Test("The archive of a training that was started elsewhere is found beside its adapter, or asked for")
  func recordedArchive() throws {
    var elsewhere = tiny
    elsewhere.adapterName = "adapters/a-1"
    try elsewhere.start()
    let record = try tiny.folder.content(of: "adapters/a-1/run.json")
    // As it is where the training was started in the folder itself.
    try tiny.folder.put(
      record.replacing("\"\(tiny.archive)\"", with: "\"archive.jsonl\""), as: "adapters/a-1/run.json")
    var run = verdict()
    run.adapterPath = elsewhere.adapterPath
    run.maxPieces = 1
    run.samples = 1
    #expect(try run.start().archives == [tiny.archive])
    try FileManager.default.moveItem(atPath: tiny.archive, toPath: tiny.folder("moved.jsonl"))
    #expect(
      #expect(throws: VerdictInputError.self) { try run.start() }?.description
        == "\(run.adapterPath)/run.json: found the archive archive.jsonl, which is not there; expected what the adapter was trained on. Give it with --data."
    )
  }

  @Test("What cannot be judged is refused with what to do")
  func refusals() throws {
    func text(_ run: VerdictRun) throws -> String {
      try #require(#expect(throws: VerdictInputError.self) { try run.start() }).description
    }
    var run = verdict()
    run.adapterPath = Fixtures.adapter("smollm2")
    #expect(
      try text(run)
        == "\(run.adapterPath): found no run.json that names an archive; expected what the adapter was trained on. Give it with --data."
    )
    run.archives = [tiny.archive]
    #expect(
      try text(run)
        == "\(run.adapterPath): found no run.json that tells the split; expected posts that were held out of its training. Give some with --held-out."
    )
    run.heldOut = [try tiny.folder.put(#"{"text":"a few words"}"#, as: "held.jsonl")]
    #expect(
      try text(run)
        == "\(run.heldOut[0]): found no held-out post or edit; expected at least one to draft from. Give some with --held-out."
    )
    run.outputs = ["x1/gpt.jsonl", "x2/gpt.json"]
    #expect(
      try text(run)
        == "--outputs: found x2/gpt.json with the name \"gpt\" of x1/gpt.jsonl; expected a file name of its own for each system. Change it."
    )
    run.outputs = ["x1/adapter.jsonl"]
    #expect(
      try text(run)
        == "--outputs: found x1/adapter.jsonl with the name \"adapter\" of the adapter that runs here; expected a file name of its own for each system. Change it."
    )
    for samples in [0, .max] {
      run.samples = samples
      #expect(
        try text(run) == "--samples: found \(samples); expected a whole number from 1 to 1000. Change it.")
    }
    run = verdict()
    run.threads = 2_000_000_000
    #expect(
      try text(run) == "--threads: found 2000000000; expected a whole number from 1 to 1024. Change it.")
    run.threads = 2
    run.window = 63
    #expect(
      try text(run) == "--max-seq-length: found 63; expected a whole number from 64 to 1048576. Change it.")
    try tiny.start()
    let record = try tiny.folder.content(of: "adapter/run.json")
    try tiny.folder.put(
      record.replacing("\"finished\": true", with: "\"finished\": false"), as: "adapter/run.json")
    #expect(
      try text(verdict())
        == "\(tiny.adapterPath): found the adapter of a run that was not finished; expected a finished one. Finish it with --resume."
    )
  }
}
