import Files
import Foundation
import Model
import TestSupport
import Testing

@testable import Ghost
@testable import Train

@Suite("Refit") struct RefitTests {
  /// A desk with an adapter that was trained on the first rows of its archive, and rows that came since.
  struct TrainedDesk {
    let folder: TemporaryFolder
    let desk: Desk
    var base = Fixtures.model("smollm2")

    static let words = [
      "lamp", "drawer", "bell", "saw", "hinge", "ladder", "kettle", "clock", "shelf", "glove", "rope",
      "chisel",
      "stool", "lantern", "anvil", "basin", "crate", "dial", "easel", "funnel", "gauge", "hammer",
    ]

    static func rows(_ range: Range<Int>) -> String {
      range.map { index in
        let word = words[index]
        return
          "{\"seed\":{\"topic\":\"\(word)\"},\"text\":\"The \(word) of number \(index * 7919) went quiet by itself.\"}\n"
      }.joined()
    }

    init() throws {
      folder = try TemporaryFolder()
      desk = Desk(folder.path)
      try folder.put(Self.rows(0..<12), as: "archive.jsonl")
      var options = TrainingOptions()
      options.adapter = LoRAConfiguration(rank: 2, alpha: 4)
      options.maxSequenceLength = 64
      options.learningRate = .value(5e-3)
      options.epochs = 1
      options.validFraction = 0.3
      options.threads = 2
      _ = try FineTuningRun(
        basePath: base, archives: [desk.archivePath], adapterPath: folder("adapters/archive-1"),
        options: options
      ).start(stop: StopRequest()) { _ in }
      // The tiny base is untrained noise, which an adapter of a few steps cannot beat for certain.
      try folder.put(Self.rows(0..<22), as: "archive.jsonl")
    }

    func plan(model: String? = nil) throws -> RefitPlan { try RefitPlan(desk, model: model, threads: 2) }

    func start(
      model: String? = nil, stop: StopRequest = StopRequest(), onEvent: (Refit.Event) -> Void = { _ in }
    )
      throws -> RefitOutcome?
    {
      try Refit(desk, plan(model: model)).start(stop: stop, onEvent: onEvent)
    }

    /// The adapters, those set aside among them.
    var adapters: [String] {
      let names =
        FileManager.default.enumerator(atPath: folder("adapters"))?.compactMap { $0 as? String } ?? []
      return names.filter { $0.hasSuffix("/\(AdapterFolder.weightsName)") }
        .map { ($0 as NSString).deletingLastPathComponent }.sorted()
    }
  }

  @Test(
    "Rows that came since are trained on with the same recipe; one adapter stays and the other is set aside")
  func newRows() throws {
    let trained = try TrainedDesk()
    let (folder, day) = (trained.folder, Desk.day(.now))
    let plan = try trained.plan()
    #expect(plan.newRows == 10 && plan.reasons == [.newRows(10)])
    #expect(
      plan.lines == [
        "because  10 rows came since the last training",
        "refit    \(folder("adapters/archive-1")) on \(trained.base), with 10 new rows",
      ])
    let outcome = try #require(try trained.start())
    let kept = outcome.choice == .new ? "archive-2" : "archive-1"
    #expect(outcome.choice != .neither && outcome.kept == folder("adapters/\(kept)"))
    let retired = outcome.choice == .new ? "archive-1" : "archive-2"
    #expect(trained.adapters == [kept, "retired/\(retired)-\(day)"])
    #expect(AdapterSearch.newest(from: folder.path) == folder("adapters/\(kept)"))
    #expect(
      outcome.lines.last
        == "retire   \(folder("adapters/\(retired)")), which is now \(folder("adapters/retired/\(retired)-\(day)"))"
    )
    #expect(!folder.holds("adapters/.refit"))
    for place in [kept, "retired/\(retired)-\(day)"] {
      #expect(try RefitRecord.read(folder("adapters/\(place)")) == outcome.report)
    }
    // The recipe is the old one's, and what the retired run has seen is not offered again.
    let records = try trained.adapters.map { try #require(try RunRecord.read(folder("adapters/\($0)"))) }
    var settings = records.map { $0["settings"]?.objectValue ?? JSONObject() }
    for index in settings.indices { settings[index]["archive_sha256"] = nil }
    #expect(JSONValue.object(settings[0]) == .object(settings[1]))
    #expect(try DeskStatus(trained.desk).newRows == 0 && DeskStatus(trained.desk).refitReasons == [])
  }

  @Test("Stopped in training, the old adapter is in use, and the next refit goes on from there")
  func stopped() throws {
    let trained = try TrainedDesk()
    let whole = try TrainedDesk()
    let stop = StopRequest()
    let stopped = try trained.start(stop: stop) { event in
      if case .training(.step(2, _, _, _, _)) = event { stop.stop() }
    }
    #expect(stopped == nil && trained.adapters == ["archive-1"])
    #expect(AdapterSearch.newest(from: trained.folder.path) == trained.folder("adapters/archive-1"))
    var resumedAt: Int?
    let outcome = try trained.start { event in
      if case .training(.resumed(let step)) = event { resumedAt = step }
    }
    #expect(resumedAt == 2)
    #expect(outcome?.report["scores"] == (try whole.start())?.report["scores"])
  }

  @Test("What is left of a refit on other rows is thrown away")
  func staleRemains() throws {
    let trained = try TrainedDesk()
    let stop = StopRequest()
    _ = try trained.start(stop: stop) { event in
      if case .training(.step(1, _, _, _, _)) = event { stop.stop() }
    }
    try trained.folder.put(TrainedDesk.rows(0..<21), as: "archive.jsonl")
    var startsAfresh = false
    let outcome = try trained.start { if case .startingAfresh = $0 { startsAfresh = true } }
    #expect(startsAfresh && outcome != nil && trained.adapters.count == 2)
  }

  @Test("A new adapter that was trained and not compared is not trained again")
  func trainedAlready() throws {
    let trained = try TrainedDesk()
    struct Crash: Error {}
    // An error in the place of a crash: after training, before anything is decided.
    let plan = try trained.plan()
    _ = try FineTuningRun(
      basePath: plan.base, archives: plan.archives, adapterPath: trained.folder("adapters/.refit/adapter"),
      options: plan.options
    ).start(stop: StopRequest()) { _ in }
    #expect(AdapterSearch.newest(from: trained.folder.path) == trained.folder("adapters/archive-1"))
    var steps = 0
    let outcome = try trained.start { if case .training = $0 { steps += 1 } }
    #expect(steps == 0 && outcome != nil)
  }

  @Test(
    "Interrupted between any two steps of its decision, a refit is completed by the next", arguments: 0...3)
  func interrupted(taken: Int) throws {
    let folder = try TemporaryFolder()
    let desk = Desk(folder.path)
    for name in ["adapters/a-1", "adapters/.refit/adapter"] {
      try folder.put("{}", as: "\(name)/adapter_config.json")
      try folder.put("", as: "\(name)/adapter_model.safetensors")
    }
    try folder.put("# mine\nadapter: adapters/a-1\nlength: 300\n", as: "ghost.yaml")
    let (new, retired) = ("adapters/a-2", "adapters/retired/a-1-2026-11-21")
    let outcome = RefitOutcome(choice: .new, kept: new, lines: ["kept"], report: ["date": "today"])
    let decision = RefitDecision(
      steps: [
        .move(from: "adapters/.refit/adapter", to: new),
        .set(try object(["adapter": "adapters/a-2"])),
        .move(from: "adapters/a-1", to: retired),
      ], outcome: outcome)
    try decision.write(AdapterShelf(desk))
    if taken > 0 { try AtomicFile.move(folder("adapters/.refit/adapter"), to: folder(new)) }
    // Until the settings name the new one, drafts are written with the old one.
    let inUse = try DeskSettings(folder.path).adapter
    #expect(inUse.map { FileManager.default.fileExists(atPath: $0) } == true)
    if taken > 1 { try DeskSettings.set([("adapter", "adapters/a-2")], in: folder.path) }
    if taken > 2 { try AtomicFile.move(folder("adapters/a-1"), to: folder(retired)) }
    #expect(try Refit.complete(desk) == outcome)
    #expect(try folder.content(of: "ghost.yaml") == "# mine\nadapter: \"adapters/a-2\"\nlength: 300\n")
    #expect(folder.holds("adapters/a-2") && folder.holds("adapters/retired/a-1-2026-11-21"))
    #expect(!folder.holds("adapters/a-1") && !folder.holds("adapters/.refit"))
    #expect(try Refit.complete(desk) == nil)
  }

  @Test("A decision that could not be carried out is completed where the desk goes by another path")
  func movedDesk() throws {
    let trained = try TrainedDesk()
    // No adapter can retire into a file.
    try trained.folder.put("", as: "adapters/retired")
    #expect(throws: FileError.self) { _ = try trained.start() }
    #expect(trained.folder.holds("adapters/.refit/decision.json"))
    try FileManager.default.removeItem(atPath: trained.folder("adapters/retired"))
    let home = try TemporaryFolder()
    try FileManager.default.moveItem(atPath: trained.folder.path, toPath: home("desk"))
    let outcome = try #require(try Refit.complete(Desk(home("desk"))))
    let (kept, retired) = outcome.choice == .new ? ("archive-2", "archive-1") : ("archive-1", "archive-2")
    #expect(home.holds("desk/adapters/\(kept)/\(AdapterFolder.weightsName)"))
    #expect(
      home.holds("desk/adapters/retired/\(retired)-\(Desk.day(.now))/\(AdapterFolder.weightsName)"))
    #expect(!home.holds("desk/adapters/.refit"))
  }

  @Test("A decision to move what is at neither of its places is refused, and nothing is deleted")
  func lostAdapter() throws {
    let folder = try TemporaryFolder()
    let desk = Desk(folder.path)
    try folder.put("", as: "adapters/.refit/adapter/adapter_model.safetensors")
    let decision = RefitDecision(
      steps: [
        .set(try object(["adapter": "adapters/a-2"])),
        .move(from: "desk/adapters/.refit/adapter", to: "desk/adapters/a-2"),
      ], outcome: RefitOutcome(choice: .new, kept: nil, lines: [], report: [:]))
    try decision.write(AdapterShelf(desk))
    #expect(
      throwing { _ = try Refit.complete(desk) }
        == "\(folder("adapters/.refit/decision.json")): found nothing at \(folder("desk/adapters/.refit/adapter"))"
        + " nor at \(folder("desk/adapters/a-2")); expected the adapter to move from the one to the other."
        + " Put it back at the first, or remove the file to give the refit up.")
    #expect(folder.holds("adapters/.refit/adapter/adapter_model.safetensors") && !folder.holds("ghost.yaml"))
  }

  /// What `ghost.yaml` names before, and whether there is a new base, by what is chosen.
  @Test(
    "After every step the adapter in use is for the base in use",
    arguments: [RefitScores.Choice.new, .old, .neither], [0, 1, 2, 3, 4, 5, 6, 7])
  func consistent(choice: RefitScores.Choice, bits: Int) throws {
    let (namesAdapter, namesBase, isNewBase) = (bits & 1 > 0, bits & 2 > 0, bits & 4 > 0)
    let folder = try TemporaryFolder()
    let desk = Desk(folder.path)
    // Each adapter's weights say which base it is for; the newest is in use unless the settings name one.
    try folder.put("{}", as: "adapters/a-1/adapter_config.json")
    try folder.put("one", as: "adapters/a-1/adapter_model.safetensors")
    try folder.put("{\"written_at\": \"2026-01-01T00:00:00Z\"}", as: "adapters/a-1/run.json")
    try folder.put("{}", as: "adapters/.refit/adapter/adapter_config.json")
    try folder.put(isNewBase ? "two" : "one", as: "adapters/.refit/adapter/adapter_model.safetensors")
    try folder.put("{\"written_at\": \"2026-02-01T00:00:00Z\"}", as: "adapters/.refit/adapter/run.json")
    let lines = [namesAdapter ? "adapter: adapters/a-1" : nil, namesBase ? "base: one" : nil].compactMap(
      \.self)
    try folder.put(lines.joined(separator: "\n"), as: "ghost.yaml")
    let steps = RefitDecision.steps(
      choice,
      RefitDecision.Places(
        trained: "adapters/.refit/adapter", old: "adapters/a-1", new: "adapters/a-2",
        retiredOld: choice == .old ? nil : "adapters/retired/a-1",
        retiredNew: choice == .new ? nil : "adapters/retired/a-2", newBase: isNewBase ? "two" : nil,
        namesAdapter: namesAdapter, namesBase: namesBase))
    for step in steps {
      try RefitDecision.take(step, on: desk)
      let settings = try DeskSettings(folder.path)
      let adapter = settings.adapter ?? AdapterSearch.newest(from: folder.path)
      // A base that no setting names is that of the adapter.
      guard let adapter, let base = settings.base else { continue }
      let trained = try String(contentsOfFile: "\(adapter)/adapter_model.safetensors", encoding: .utf8)
      #expect(base == folder(trained), "after \(step)")
    }
    let kept: String? =
      switch choice {
      case .new: folder("adapters/a-2")
      case .old: folder("adapters/a-1")
      case .neither: nil
      }
    let settings = try DeskSettings(folder.path)
    #expect((settings.adapter ?? AdapterSearch.newest(from: folder.path)) == kept)
    let remembers = namesBase || (choice == .neither && isNewBase)
    #expect(settings.base == (remembers ? folder(isNewBase && choice != .old ? "two" : "one") : nil))
  }

  private func object(_ value: JSONValue) throws -> JSONObject { try #require(value.objectValue) }

  @Test("A new base is trained on, and compared with the old one by the same bytes")
  func newBase() throws {
    let trained = try TrainedDesk()
    let (folder, new) = (trained.folder, Fixtures.model("qwen2"))
    try folder.put("base: \(trained.base)\n", as: "ghost.yaml")
    #expect(try trained.plan(model: new).reasons == [.newRows(10), .base(new)])
    let outcome = try #require(try trained.start(model: new))
    #expect(outcome.report["old_base"] == .string(trained.base) && outcome.report["base"] == .string(new))
    let scores = outcome.report["scores"]
    #expect(scores?["old"]?["bytes"] == scores?["new"]?["bytes"])
    let settings = try DeskSettings(folder.path)
    if outcome.choice == .new {
      #expect(settings.base == new && settings.adapter == folder("adapters/archive-2"))
    } else {
      #expect(settings.base == trained.base && settings.adapter == nil)
    }
    // Whatever was decided, the adapter in use is for the base in use.
    #expect(try DeskStatus(trained.desk).refitReasons == [])
  }

  @Test("An old adapter whose base is gone cannot be compared, and retires")
  func goneBase() throws {
    var trained = try TrainedDesk()
    let copy = trained.folder("old-base")
    try FileManager.default.copyItem(atPath: trained.base, toPath: copy)
    for name in ["run.json", "adapter_config.json"] {
      let text = try trained.folder.content(of: "adapters/archive-1/\(name)")
      try trained.folder.put(
        text.replacingOccurrences(of: trained.base, with: copy), as: "adapters/archive-1/\(name)")
    }
    trained.base = copy
    try FileManager.default.removeItem(atPath: copy)
    let outcome = try #require(try trained.start(model: Fixtures.model("qwen2")))
    #expect(outcome.choice == .new && outcome.report["scores"]?["old"] == .null)
    #expect(
      outcome.lines.contains(
        "         the base of \(trained.folder("adapters/archive-1")) is not to be found any more, so it could not be scored"
      ))
    #expect(trained.adapters == ["archive-2", "retired/archive-1-\(Desk.day(.now))"])
  }

  @Test("What a refit cannot start from is refused in one line")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let desk = Desk(folder.path)
    try folder.put("{\"text\": \"One two.\"}", as: "archive.jsonl")
    func refusal() -> String? { throwing { _ = try RefitPlan(desk) } }
    #expect(
      refusal()
        == "\(folder.path)/adapters: found no adapter; expected one to train again. Train a first one:"
        + " lora-train --data \(desk.archivePath) --epochs 2 --adapter-path \(folder("adapters/archive-1"))"
    )
    let path = folder("adapters/a")
    try folder.put("{}", as: "adapters/a/adapter_config.json")
    try folder.put("", as: "adapters/a/adapter_model.safetensors")
    let noRecord =
      "\(path)/run.json: found no recipe and rows of a training; expected those that lora-train records."
      + " Train afresh with lora-train."
    #expect(refusal() == noRecord)
    try folder.put("{\"settings\": {}}", as: "adapters/a/run.json")
    #expect(refusal() == noRecord)
    try folder.put("{\"finished\": false}", as: "adapters/a/run.json")
    #expect(
      refusal()
        == "\(path): found the adapter of a run that was not finished; expected a finished one."
        + " Finish it: lora-train --data \(desk.archivePath) --adapter-path \(path) --resume")
    try folder.put(
      "{\"settings\": {\"valid_fraction\": 0}, \"data\": {\"pins\": {\"training\": [], \"held_out\": []}}}",
      as: "adapters/a/run.json")
    #expect(
      refusal()
        == "\(path)/run.json: valid_fraction is 0; expected rows held out to compare by."
        + " Train afresh with lora-train and a --valid-fraction above 0.")
    let pins = "\"data\": {\"pins\": {\"training\": [], \"held_out\": []}}"
    try folder.put("{\"archives\": [\"posts.jsonl\"], \(pins)}", as: "adapters/a/run.json")
    #expect(
      refusal()
        == "posts.jsonl: found nothing there; expected the archive that \(path) learned from."
        + " Put it back, or train afresh with lora-train.")
    try folder.put("{", as: "adapters/.refit/decision.json")
    #expect(
      throwing { _ = try Refit.complete(desk) }?.hasPrefix(folder("adapters/.refit/decision.json:1")) == true)
    try folder.put("{\"steps\": [{}]}", as: "adapters/.refit/decision.json")
    #expect(
      throwing { _ = try Refit.complete(desk) }
        == "\(folder("adapters/.refit/decision.json")): found no decision of a refit; expected its steps."
        + " Look at adapters/ and remove the folder.")
  }

  @Test("Two refits at once: the second is told so")
  func together() throws {
    let trained = try TrainedDesk()
    var message: String?
    _ = try trained.start { event in
      if case .training(.step(1, _, _, _, _)) = event {
        message = throwing { _ = try trained.start() }
      }
    }
    #expect(
      message
        == "\(trained.folder("adapters")): found another command at work there; expected to be alone."
        + " Try again when it is done.")
  }

  @Test("Settings change in place, are added at the end or removed, and keep every other line")
  func settings() throws {
    let folder = try TemporaryFolder()
    try DeskSettings.set([("base", "models/\"new\""), ("adapter", nil)], in: folder.path)
    #expect(try folder.content(of: "ghost.yaml") == "base: \"models/\\\"new\\\"\"\n")
    #expect(try DeskSettings(folder.path).base == "\(folder.path)/models/\"new\"")
    try folder.put("# a\nadapter: old  # b\n\nlength: 3", as: "ghost.yaml")
    try DeskSettings.set([("adapter", "new"), ("base", "x")], in: folder.path)
    #expect(try folder.content(of: "ghost.yaml") == "# a\nadapter: \"new\"\n\nlength: 3\nbase: \"x\"\n")
    try DeskSettings.set([("adapter", nil)], in: folder.path)
    #expect(try folder.content(of: "ghost.yaml") == "# a\n\nlength: 3\nbase: \"x\"\n")
  }
}
