import Files
import Model
import TestSupport
import Testing

@testable import Train

@Suite("Scoring files")
struct EvaluationRunTests {
  static func evaluation(_ tiny: TinyRun, adapter: String?) -> EvaluationRun {
    EvaluationRun(
      basePath: tiny.base, archives: [tiny.archive], adapterPath: adapter, options: tiny.options)
  }

  @Test(
    "Rows score as a run over the same weights scored them when they were held out; copies count as one document",
    arguments: [nil, WeightQuantization.q8])
  func rows(quantization: WeightQuantization?) throws {
    var tiny = try TinyRun(rows: TinyRun.rows + [TinyRun.rows[1]])
    tiny.options.quantization = quantization
    tiny.options.validFraction = 0.5
    let run = try #require(try tiny.start())
    let heldOut = try #require(run.comparison)
    let outcome = try Self.evaluation(tiny, adapter: tiny.adapterPath).start()

    #expect(outcome.rows.map(\.line) == Array(1...15))
    let record = try #require(try RunRecord.read(tiny.adapterPath))
    let pins = try #require(RowPins(record: record))
    let copies = try pins.heldOut.contains(Archive(paths: [tiny.archive]).rows[1].pin) ? 1 : 0
    #expect(outcome.trainedRows == 15 - heldOut.base.count - copies)
    #expect(outcome.rows[1].base.nats > 0 && outcome.comparison?.bootstrap.documents == 14)
    // A row's loss depends on the batch it is in by rounding alone: a few units in the last place of single
    // losses near 10, over some thirty tokens a row.
    let bound = 30 * 10 * 16 * 0x1p-23
    for (base, adapter) in zip(heldOut.base, heldOut.adapter) {
      let matches = outcome.rows.filter { row in
        abs(row.base.nats - base.nats) <= bound && abs((row.adapter?.nats ?? .nan) - adapter.nats) <= bound
      }
      // The copied row's document is the sum of both copies.
      #expect(matches.count == 1 || abs(2 * outcome.rows[1].base.nats - base.nats) <= 2 * bound)
    }
    var other = Self.evaluation(tiny, adapter: nil)
    other.options.quantization = quantization == nil ? .q8 : nil
    // Eight bits move a row's loss of some 250 nats by more than the order of its sums does.
    #expect(try abs(other.start().rows[1].base.nats - outcome.rows[1].base.nats) > bound)
  }

  @Test("Without an adapter the base stands alone")
  func baseAlone() throws {
    let tiny = try TinyRun()
    let outcome = try Self.evaluation(tiny, adapter: nil).start()
    #expect(outcome.comparison == nil && outcome.rows.allSatisfy { $0.adapter == nil })
    #expect(outcome.base.tokens == outcome.rows.reduce(0) { $0 + $1.base.tokens })
  }

  @Test("A row of which only the end is learned counts for neither side; with no other it is refused")
  func endAlone() throws {
    let masked = #"{"text":"Left out.","spans":[{"start":0,"end":9,"weight":0}]}"#
    let tiny = try TinyRun(rows: [masked] + TinyRun.rows.prefix(2))
    let outcome = try Self.evaluation(tiny, adapter: Fixtures.adapter("smollm2")).start()
    #expect(outcome.rows.map { $0.base.tokens > 0 } == [false, true, true])
    let json = EvaluationReport(outcome).json(perRow: true)
    #expect(json["base"]?["tokens"] == json["adapter"]?["tokens"] && outcome.base.bytes > 0)
    #expect(json["base"]?["bytes"] == json["adapter"]?["bytes"])
    #expect(json["rows"]?.arrayValue?.first?["loss"] == .null && (try? JSONWriter.string(of: json)) != nil)

    let alone = try TinyRun(rows: [masked])
    #expect(throws: ArchiveError.nothingToLearn(places: ["\(alone.archive):1"])) {
      try Self.evaluation(alone, adapter: nil).start()
    }
  }

  @Test("An adapter of another base is refused, naming both; one without a record passes")
  func fingerprint() throws {
    let tiny = try TinyRun()
    try tiny.start()
    let record = try #require(try RunRecord.read(tiny.adapterPath))
    #expect(record["settings"]?["rank"] == 2)
    #expect(try RunRecord.read(Fixtures.adapter("smollm2")) == nil)
    _ = try Self.evaluation(tiny, adapter: Fixtures.adapter("smollm2")).start()

    var other = Self.evaluation(tiny, adapter: tiny.adapterPath)
    other.basePath = Fixtures.model("llama")
    var initial = tiny
    initial.base = other.basePath
    initial.adapterName = "other"
    initial.options.initialAdapter = tiny.adapterPath
    for start in [{ _ = try other.start() }, { _ = try initial.start() }] {
      let error = try #require(#expect(throws: AdapterMismatch.self) { try start() })
      #expect(
        error.description
          == "\(tiny.adapterPath): the base is \(other.basePath) (SHA-256 \(error.baseFingerprint.prefix(12))…);"
          + " expected the one that this adapter was trained for, \(tiny.base)"
          + " (\(error.trainedForFingerprint.prefix(12))…). Give that base with --model, or an adapter of this one."
      )
      #expect(record["settings"]?["base_sha256"] == .string(error.trainedForFingerprint))
    }
  }
}

@Suite("Where adapters go")
struct AdapterPathTests {
  @Test("A claimed folder is the first number that is free; a stopped one the highest with a checkpoint")
  func numbers() throws {
    let folder = try TemporaryFolder()
    let archive = "data/my.posts.jsonl"
    #expect(AdapterPath.stopped(forArchive: archive, in: folder.path) == folder("my.posts-1"))
    for (number, file) in [
      (1, "adapter_model.safetensors"), (2, "checkpoint.safetensors"), (3, "adapter_model.safetensors"),
    ] {
      try AtomicFile.createDirectory(folder("my.posts-\(number)"))
      try folder.put("", as: "my.posts-\(number)/\(file)")
    }
    #expect(AdapterPath.stopped(forArchive: archive, in: folder.path) == folder("my.posts-2"))
    // Nobody else gets a folder that was claimed, and one that was given up is free again.
    let claimed = try AdapterPath.claim(forArchive: archive, in: folder.path)
    #expect(claimed == folder("my.posts-4"))
    #expect(try AdapterPath.claim(forArchive: archive, in: folder.path) == folder("my.posts-5"))
    AdapterPath.release(claimed)
    AdapterPath.release(folder("my.posts-3"))
    #expect(try AdapterPath.claim(forArchive: archive, in: folder.path) == claimed)
    // Numbers need not follow each other.
    try AtomicFile.createDirectory(folder("my.posts-12"))
    try folder.put("", as: "my.posts-12/checkpoint.safetensors")
    #expect(AdapterPath.stopped(forArchive: archive, in: folder.path) == folder("my.posts-12"))
  }

  @Test("A place that takes no folder is an error")
  func unclaimable() throws {
    let folder = try TemporaryFolder()
    let file = try folder.put("", as: "adapters")
    #expect(throws: FileError(path: file, operation: .createDirectory, problem: .notDirectory)) {
      try AdapterPath.claim(forArchive: "posts.jsonl", in: file)
    }
  }

  @Test("A run writes over neither an adapter nor a checkpoint, and resumes only a checkpoint")
  func refusals() throws {
    let tiny = try TinyRun()
    let path = tiny.adapterPath
    #expect(
      try refusal(tiny, resumes: true)
        == "\(path): found no checkpoint; expected that of a stopped run. Give its --adapter-path, or train without --resume."
    )
    #expect(try tiny.start(stoppingAfter: 1) == nil)
    #expect(
      try refusal(tiny)
        == "\(path): found the checkpoint of a stopped run; expected a folder without one. Go on with --resume, or give another --adapter-path."
    )
    try tiny.start(resumes: true)
    #expect(
      try refusal(tiny)
        == "\(path): found an adapter; expected a folder without one. Give another --adapter-path, or move that adapter away."
    )
    #expect(
      try refusal(tiny, resumes: true)
        == "\(path): found an adapter without a checkpoint; expected that of a stopped run. Train without --resume,"
        + " with another --adapter-path."
    )
  }

  private func refusal(_ tiny: TinyRun, resumes: Bool = false) throws -> String {
    try #require(#expect(throws: TrainingError.self) { try tiny.start(resumes: resumes) }).description
  }
}
