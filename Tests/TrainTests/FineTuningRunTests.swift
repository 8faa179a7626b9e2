import Files
import Foundation
import Model
import Tensor
import Testing

@testable import Train

@Suite("Fine-tuning run")
struct FineTuningRunTests {
  /// An event's name, with the step where it has one.
  private func name(_ event: FineTuningEvent) -> String {
    switch event {
    case .prepared: "prepared"
    case .baseline: "baseline"
    case .draft(_, let moment): "draft \(moment.rawValue)"
    case .probed: "probed"
    case .resumed(let step): "resumed \(step)"
    case .step(let number, _, _, _, _): "step \(number)"
    case .evaluated(let step, _, _): "evaluated \(step)"
    case .stopped(let step, _): "stopped \(step)"
    case .finished: "finished"
    }
  }

  @Test("Archive in, adapter out: events in order, a whole folder, a record that says everything")
  func endToEnd() throws {
    var tiny = try TinyRun()
    // Whatever its words, a third of the rows has a seed to draft from.
    tiny.options.validFraction = 0.4
    var events: [String] = []
    var losses: [Double] = []
    var size: TrainingSize?
    let outcome = try #require(
      try tiny.start { event in
        events.append(name(event))
        if case .prepared(_, _, let value) = event { size = value }
        if case .step(_, _, _, _, let result) = event { losses.append(result.loss) }
      })

    let steps = try #require(size).steps
    #expect(steps >= 8)
    #expect(events.prefix(4) == ["prepared", "baseline", "draft before", "evaluated 0"])
    #expect(events.suffix(3) == ["evaluated \(steps)", "draft after", "finished"])
    #expect(events.filter { $0.hasPrefix("step ") } == (1...steps).map { "step \($0)" })
    // The held-out side is scored four times an epoch, each time after the step of that number.
    let scored = events.filter { $0.hasPrefix("evaluated ") }
    #expect(scored.count == 1 + 2 * 4)
    for entry in scored.dropFirst() {
      let place = try #require(events.firstIndex(of: entry))
      #expect(events[place - 1] == entry.replacingOccurrences(of: "evaluated", with: "step"))
    }
    #expect(try #require(losses.last) < losses[0])

    // rank 2 · (in + out) over the seven projections of three layers.
    let shapes = [(48, 48), (16, 48), (16, 48), (48, 48), (88, 48), (88, 48), (48, 88)]
    #expect(size?.trainableParameters == 3 * shapes.reduce(0) { $0 + 2 * ($1.0 + $1.1) })

    #expect(
      try FileManager.default.contentsOfDirectory(atPath: tiny.adapterPath).sorted()
        == ["adapter_config.json", "adapter_model.safetensors", "run.json"])
    #expect(outcome.adapterPath == tiny.adapterPath)
    #expect(outcome.selfTest.passes && outcome.selfTest.largestDifference == 0)
    #expect(outcome.trainingTokens == size?.tokens)
    #expect(outcome.endings.drafts >= 1 && outcome.endings.ended <= outcome.endings.drafts)
    #expect(outcome.peakBytes > 1 << 20 && outcome.trainingSeconds > 0)
    let comparison = try #require(outcome.comparison)
    #expect(outcome.verdict == (comparison.bootstrap.lower > 0 ? .keep : .retire))
    #expect((1...steps).contains(outcome.keptStep))
    try expectRecord(of: tiny, outcome, losses: losses)
  }

  private func expectRecord(of tiny: TinyRun, _ outcome: FineTuningOutcome, losses: [Double]) throws {
    let record = try JSONParser.parse(contentsOf: "\(tiny.adapterPath)/run.json")
    let settings = try #require(record["settings"])
    #expect(settings["base_sha256"]?.stringValue == (try BaseModel.fingerprint(path: tiny.base).hex))
    #expect(settings["archive_sha256"] == .array([.string(try Fingerprint(contentsOf: tiny.archive).hex)]))
    #expect(settings["rank"] == 2 && settings["alpha"]?.doubleValue == 4 && settings["seed"] == "0")
    #expect(settings["learning_rate"] == 0.005 && settings["lr_schedule"] == "cosine")
    #expect(
      record["data"]?["rows"] == ["post": 4, "text": 4, "completion": 3, "edit": 3])
    #expect(record["steps"]?.arrayValue?.compactMap { $0["loss"]?.doubleValue } == losses)
    #expect(record["kept_step"]?.intValue == outcome.keptStep)
    #expect(record["verdict"]?.stringValue == outcome.verdict?.rawValue)
    // The adapter that was kept is the one whose held-out loss was the lowest, and is the one that was compared.
    let scores = record["evaluations"]?.arrayValue ?? []
    let heldOut = scores.compactMap { $0["loss"]?.doubleValue }
    #expect(scores.first?["step"] == 0 && scores.count == 1 + 2 * 4)
    let best = try #require(heldOut.min())
    let kept = scores.first { $0["step"]?.intValue == outcome.keptStep }
    #expect(kept?["loss"]?.doubleValue == best)
    #expect(outcome.comparison?.adapter.total.loss == best)
    #expect(record["held_out"]?["adapter"]?["loss"]?.doubleValue == best)
    #expect(record["finished"] == true && record["base"] == .string(tiny.base))
    #expect(record["archives"] == .array([.string(tiny.archive)]) && record["data"]?["skipped_rows"] == [])
    #expect(record["versions"]?.objectValue?.keys == ["lora-train", "swift", "openblas", "kernels"])
    for name in ["training_seconds", "evaluation_seconds", "session_seconds"] {
      #expect(try #require(record[name]?.doubleValue) > 0, "\(name)")
    }
    for name in ["peak_learning_rate", "self_test", "drafts", "written_at"] {
      #expect(record[name] != nil, "\(name)")
    }
  }

  @Test("The same seed gives the same adapter on any number of threads; another seed gives another")
  func repeatable() throws {
    func bytes(seed: UInt64, threads: Int, recomputes: Bool = false) throws -> Data {
      var tiny = try TinyRun()
      tiny.options.adapter.dropout = 0.1
      tiny.options.seed = seed
      tiny.options.threads = threads
      tiny.options.recomputesLayers = recomputes
      try tiny.start()
      return try tiny.adapterBytes()
    }
    let first = try bytes(seed: 4, threads: 1)
    #expect(try bytes(seed: 4, threads: 2) == first)
    #expect(try bytes(seed: 4, threads: 3, recomputes: true) == first)
    #expect(try bytes(seed: 5, threads: 1) != first)
  }

  @Test("auto probes three rates and then trains as if the best had been given, byte for byte")
  func automaticRate() throws {
    var automatic = try TinyRun()
    automatic.options.adapter.dropout = 0.1
    automatic.options.learningRate = .automatic
    var probes: [(rate: Double, bits: Double)] = []
    try automatic.start { if case .probed(let rate, let bits) = $0 { probes.append((rate, bits)) } }
    #expect(probes.map(\.rate) == [1e-4, 3e-4, 1e-3])
    #expect(Set(probes.map(\.bits)).count == 3)
    let chosen = try #require(probes.min { $0.bits < $1.bits }).rate

    var given = automatic
    given.adapterName = "given"
    given.options.learningRate = .value(chosen)
    try given.start()
    #expect(try given.adapterBytes() == automatic.adapterBytes())

    var other = given
    other.adapterName = "other"
    other.options.learningRate = .value(chosen == 1e-4 ? 3e-4 : 1e-4)
    try other.start()
    #expect(try other.adapterBytes() != automatic.adapterBytes())
  }

  @Test("auto needs held-out documents")
  func automaticRateWithoutHeldOut() throws {
    var tiny = try TinyRun()
    tiny.options.learningRate = .automatic
    tiny.options.validFraction = 0
    let error = #expect(throws: TrainingError.self) { try tiny.start() }
    #expect(
      error?.description
        == "--learning-rate is auto and nothing is held out; expected held-out documents to compare rates on."
        + " Raise --valid-fraction or give a rate.")
  }

  @Test("A run that diverges says so and leaves the last good adapter")
  func divergence() throws {
    var tiny = try TinyRun()
    tiny.options.batchSize = 3
    tiny.options.warmupRatio = 0
    tiny.options.schedule = .constant
    // Each step multiplies every value by 1 − 5e-3 · 2e11, about −1e9: the second makes A·B 1e23 and what goes
    // through two of them more than a Float can hold.
    tiny.options.weightDecay = 2e11
    var good: Data?
    let error = #expect(throws: TrainingError.self) {
      try tiny.start { event in
        if case .evaluated(let step, _, true) = event, step > 0 { good = try? tiny.adapterBytes() }
      }
    }
    let text = try #require(error).description
    #expect(text.hasPrefix("step 2: the loss is "))
    #expect(
      text.hasSuffix(
        "The adapter of step 1 is on disk. Lower --learning-rate, or clip with --max-grad-norm 1."))
    #expect(try tiny.adapterBytes() == #require(good))
    // It names its base, and says that its run did not end.
    let record = try #require(try RunRecord.read(tiny.adapterPath))
    #expect(
      record["settings"]?["base_sha256"]?.stringValue == (try BaseModel.fingerprint(path: tiny.base).hex))
    #expect(
      record["finished"] == false && record["verdict"] == JSONValue.null && !RunRecord.isFinished(record))
    #expect(try Inspection(tiny.adapterPath).json["record"] == "its run is not finished")

    // Where the first step is one too many, there is no adapter, and none is spoken of.
    tiny.adapterName = "first"
    tiny.options.weightDecay = 2e32
    let first = #expect(throws: TrainingError.self) { try tiny.start() }
    #expect(try !#require(first).description.contains("on disk"))
    #expect(!tiny.folder.holds("first/adapter_model.safetensors") && !tiny.folder.holds("first/run.json"))
  }

  @Test("Before the first step it is the base or the adapter that is broken, not the rate")
  func brokenBase() {
    #expect(
      "\(TrainingError.nonFinite(step: 0, loss: .nan, gradientNorm: 0))"
        == "before the first step: the loss is nan; expected a finite number. Check the base and the adapter with"
        + " lora-train eval.")
  }

  @Test("An adapter that a run began from is kept where training only made it worse")
  func initialAdapter() throws {
    var tiny = try TinyRun()
    tiny.options.epochs = 4
    let first = try #require(try tiny.start())
    var worse = tiny
    worse.adapterName = "worse"
    worse.options.initialAdapter = tiny.adapterPath
    // Each step multiplies every value by 1 − 5e-3 · 200 = 0 and leaves 5e-3 of it: next to no adapter.
    worse.options.weightDecay = 200
    worse.options.warmupRatio = 0
    worse.options.schedule = .constant
    let outcome = try #require(try worse.start())
    #expect(outcome.keptStep == 0 && outcome.comparison?.adapter == first.comparison?.adapter)
    #expect(try worse.adapterBytes() == tiny.adapterBytes())
    #expect(outcome.selfTest.passes)
  }

  @Test("What the adapter to begin with was trained on is not held out, and the record says so on")
  func trainedBefore() throws {
    var tiny = try TinyRun()
    tiny.options.validFraction = 0.4
    tiny.options.maxSteps = 1
    try tiny.start()
    func pins() throws -> RowPins {
      let record = try #require(try RunRecord.read(tiny.adapterPath))
      return try #require(RowPins(record: record))
    }
    let first = try pins()
    // A larger fraction would hold out what the first run trained on.
    tiny.options.initialAdapter = tiny.adapterPath
    tiny.options.validFraction = 0.9
    tiny.adapterName = "next"
    var warnings: [String] = []
    try tiny.start { if case .prepared(let report, _, _) = $0 { warnings = report.warnings } }
    let second = try pins()
    #expect(second.heldOut == first.heldOut && second.training == first.training)
    #expect(!warnings.contains { $0.contains("run.json") })
    // An archive of other rows alone: what the first run saw is still named.
    tiny.options.initialAdapter = tiny.adapterPath
    tiny.adapterName = "other"
    tiny.archive = try tiny.folder.put(
      (0..<6).map { #"{"text":"Another \#($0) of \#($0 * 7) words and \#($0 + 40) more."}"# + "\n" }.joined(),
      as: "other.jsonl")
    try tiny.start()
    #expect(try pins().training.isSuperset(of: first.training))
    // Nobody knows what an adapter without a record has seen.
    try FileManager.default.removeItem(atPath: "\(tiny.adapterPath)/run.json")
    tiny.options.initialAdapter = tiny.adapterPath
    tiny.adapterName = "last"
    try tiny.start { if case .prepared(let report, _, _) = $0 { warnings = report.warnings } }
    #expect(warnings.contains { $0.contains("no run.json that tells which rows") })
  }

  @Test("A run has its folder alone")
  func alone() throws {
    let tiny = try TinyRun()
    var refused = false
    try tiny.start { event in
      guard case .baseline = event else { return }
      let busy = #expect(throws: FolderBusy.self) { try tiny.start() }
      refused = busy?.folder == tiny.adapterPath
    }
    #expect(refused)
    #expect(try !FileManager.default.contentsOfDirectory(atPath: tiny.adapterPath).contains(FolderLock.name))
  }

  @Test("A row of which nothing but its end would be learned is left out, and named")
  func nothingButTheEnd() throws {
    let quotation =
      #"{"text":"All of this was said by somebody else.","spans":[{"start":0,"end":38,"weight":0}]}"#
    var tiny = try TinyRun(rows: TinyRun.rows + [quotation])
    tiny.options.validFraction = 0.9
    var warnings: [String] = []
    try tiny.start { if case .prepared(let report, _, _) = $0 { warnings = report.warnings } }
    #expect(
      warnings.contains("warning: no token to learn in \(tiny.archive):15; left out of training."))
  }

  @Test("auto says so where every rate diverges")
  func everyRateDiverges() throws {
    var tiny = try TinyRun()
    tiny.options.learningRate = .automatic
    tiny.options.weightDecay = 1e38
    var probes: [Double] = []
    let error = #expect(throws: TrainingError.self) {
      try tiny.start { if case .probed(_, let bits) = $0 { probes.append(bits) } }
    }
    #expect(probes == [.infinity, .infinity, .infinity])
    #expect(
      error?.description
        == "--learning-rate is auto and all of 0.0001, 0.0003, 0.001 diverge; expected one that trains. Give a"
        + " lower rate.")
  }

  @Test("Training time is estimated with and without a held-out side", arguments: [0, 0.4])
  func estimate(validFraction: Double) throws {
    var tiny = try TinyRun()
    tiny.options.validFraction = validFraction
    var seconds = Double.nan
    try tiny.start { if case .baseline(_, let estimate) = $0 { seconds = estimate } }
    #expect(seconds > 0 && seconds < .infinity)
  }

  @Test("A folder that takes no files is refused before anything is computed")
  func unwritable() throws {
    // Not even an administrator can make files there.
    var events: [String] = []
    let tiny = try TinyRun()
    var run = tiny.run()
    run.adapterPath = "/proc/self"
    #expect(throws: FileError.self) { _ = try run.start(stop: StopRequest()) { events.append(name($0)) } }
    #expect(events == ["prepared"])
  }

  @Test("A base that reads less than training takes is refused")
  func shortContext() throws {
    var tiny = try TinyRun()
    tiny.options.maxSequenceLength = nil
    let base = tiny.folder("short")
    try FileManager.default.copyItem(atPath: tiny.base, toPath: base)
    let config = try String(contentsOfFile: "\(base)/config.json", encoding: .utf8)
    try tiny.folder.put(
      config.replacing("\"max_position_embeddings\": 512", with: "\"max_position_embeddings\": 8"),
      as: "short/config.json")
    tiny.base = base
    let expected = "\(base): the context is 8 tokens; expected at least 16. Choose another base."
    let evaluation = EvaluationRun(
      basePath: base, archives: [tiny.archive], adapterPath: nil, options: tiny.options)
    for start in [{ _ = try tiny.start() }, { _ = try evaluation.start() }] {
      #expect(try #require(#expect(throws: TrainingError.self) { try start() }).description == expected)
    }
  }

  @Test("Settings out of range are refused with the flag, what was found and what to do")
  func settings() throws {
    let tiny = try TinyRun()
    func refusal(_ change: (inout TrainingOptions) -> Void) throws -> String {
      var changed = tiny
      change(&changed.options)
      let error = #expect(throws: TrainingError.self) { try changed.start() }
      return try #require(error).description
    }
    #expect(
      try refusal { $0.adapter.rank = 0 }
        == "--rank is 0; expected a whole number from 1 to 1024. Change it.")
    // What could be trained with but not be read back.
    #expect(
      try refusal { $0.adapter.alpha = 2e9 }
        == "--alpha is 2000000000.0; expected a number above 0 and up to 1e9. Change it.")
    #expect(
      try refusal { $0.adapter.dropout = 0.9995 }
        == "--dropout is 0.9995; expected a number from 0 to 0.999. Change it.")
    #expect(
      try refusal { $0.learningRate = .value(-1) }
        == "--learning-rate is -1.0; expected a positive number or auto. Change it.")
    #expect(
      try refusal { $0.maxSequenceLength = 4096 }
        == "--max-seq-length is 4096; expected at most 512, the context of \(tiny.base). Lower it.")
    #expect(
      try refusal { $0.validFraction = 1 }
        == "--valid-fraction is 1.0; expected a number from 0 to below 1. Change it.")
    for (flag, change) in [
      ("--max-steps", { $0.maxSteps = .max }), ("--batch-size", { $0.batchSize = .max }),
      ("--grad-accumulation-steps", { $0.gradientAccumulationSteps = .max }),
    ] as [(String, (inout TrainingOptions) -> Void)] {
      #expect(
        try refusal(change)
          == "\(flag) is 9223372036854775807; expected a whole number from 1 to 1000000. Change it.")
    }
    // Nothing was begun.
    #expect(!tiny.folder.holds("adapter"))
  }
}
