import Files
import Foundation
import Model
import TestSupport
import Testing
import Train

@testable import Ghost

@Suite("The desk's status") struct DeskStatusTests {
  /// An archive of posts and of edits that keep so many of four words.
  private func archive(posts: Int, kept: [Int]) -> String {
    let words = ["one", "two", "three", "four"]
    let rows = (0..<posts).map { "{\"title\": \"T\($0)\", \"text\": \"Post \($0).\"}" }
    let edits = kept.enumerated().map { index, count in
      let final = (words.prefix(count) + words.dropFirst(count).map { "not-\($0)" }).joined(separator: " ")
      return
        "{\"id\": \"e\(index)\", \"seed\": {\"topic\": \"t\"}, \"draft\": \"one two three four\", \"final\": \"\(final)\"}"
    }
    return (rows + edits).joined(separator: "\n") + "\n"
  }

  /// The pins of the archive's first rows, as a record has them.
  private func seen(_ count: Int, of folder: TemporaryFolder) throws -> String {
    let rows = try Archive(paths: [folder("archive.jsonl")]).rows.prefix(count)
    let pins = rows.map { "\"\($0.pin)\"" }.joined(separator: ", ")
    return "\"data\": {\"pins\": {\"training\": [\(pins)], \"held_out\": []}}"
  }

  private func adapter(_ record: String, in folder: TemporaryFolder) throws {
    try folder.put("{}", as: "adapters/a/adapter_config.json")
    try folder.put("", as: "adapters/a/adapter_model.safetensors")
    try folder.put(record, as: "adapters/a/run.json")
  }

  @Test("Pieces, drafts, edit rates, their trend and the next step are told, as lines and as JSON")
  func whole() throws {
    let (folder, desk, ids) = try DeskTests.desk(["A text.", "Another."])
    try folder.put(archive(posts: 3, kept: [0, 1, 2, 3, 4]), as: "archive.jsonl")
    try adapter(
      "{\"finished\": true, \"verdict\": \"keep\", \"written_at\": \"2026-09-01T00:00:00Z\","
        + " \"sunset\": \"2027-02-28\", \(seen(5, of: folder))}", in: folder)
    _ = try desk.reject(ids[1])
    // Ten days after the adapter was written.
    let now = try Date("2026-09-11T12:00:00Z", strategy: .iso8601)
    let status = try DeskStatus(desk, at: now)
    #expect(
      status.lines == [
        "pieces   8 in \(desk.archivePath)", "drafts   1 open, 0 shipped, 1 rejected", "           \(ids[0])",
        "edits    5 with a median edit rate of 50 %; the latest: 100 %, 75 %, 50 %, 25 %, 0 %",
        "trend    the first draft is getting closer to what ships: -250.0 points in ten drafts"
          + " (95 % interval -250.0 to -250.0, over 5)",
        "adapter  \(folder("adapters/a")): verdict keep, 10 days old, sunset 2027-02-28",
        "new rows 3 since the last training",
        "next     edit, then ship or reject, the open draft: ghost edit \(ids[0]) --workspace \(desk.folder)",
      ])
    let json = status.json
    #expect(json["pieces"] == 8 && json["rows_since_training"] == 3 && json["median_edit_rate"] == 0.5)
    #expect(json["drafts"]?["open"] == .array([.string(ids[0])]) && json["drafts"]?["rejected"] == 1)
    #expect(json["edits"]?.arrayValue?.count == 5 && json["trend"]?["slope"] == -0.25)
    #expect(json["adapter"]?["verdict"] == "keep" && json["adapter"]?["age_days"] == 10)
  }

  @Test("The next step follows from what is there")
  func next() throws {
    let folder = try TemporaryFolder()
    let desk = Desk(folder.path)
    #expect(try DeskStatus(desk).next.hasPrefix("collect pieces: 0 of the 12"))
    #expect(try DeskStatus(desk).lines[2] == "edits    none shipped yet")
    try folder.put(archive(posts: 2, kept: []) + "{\n", as: "archive.jsonl")
    #expect(try DeskStatus(desk).lines[0] == "pieces   2 in \(desk.archivePath), and 1 unusable row")
    try folder.put(archive(posts: 16, kept: []), as: "archive.jsonl")
    #expect(
      try DeskStatus(desk).next == "train a first adapter: lora-train --data \(desk.archivePath) --epochs 2"
        + " --adapter-path \(folder("adapters/archive-1"))")
    try adapter("{\"finished\": false, \"verdict\": null, \"archives\": [\"my posts.jsonl\"]}", in: folder)
    #expect(
      try DeskStatus(desk).next
        == "finish the adapter's run: lora-train --data \"my posts.jsonl\" --adapter-path \(folder("adapters/a")) --resume"
    )
    #expect(
      try DeskStatus(desk).lines.contains("adapter  \(folder("adapters/a")): its training is not finished"))
    try adapter("{\"verdict\": \"retire\", \(seen(16, of: folder))}", in: folder)
    #expect(try DeskStatus(desk).next.hasPrefix("collect more pieces before training again"))
    try adapter("{\"verdict\": \"keep\", \(seen(16, of: folder))}", in: folder)
    #expect(
      try DeskStatus(desk).next
        == "write the next draft: ghost draft --workspace \(desk.folder) --topic \"…\"")
    try adapter("{\"verdict\": \"keep\", \(seen(6, of: folder)), \"sunset\": \"2026-01-01\"}", in: folder)
    #expect(
      try DeskStatus(desk).next
        == "train the adapter again (10 rows came since the last training; its sunset was on 2026-01-01):"
        + " ghost refit --workspace \(desk.folder)")
    try adapter("{\"verdict\": \"keep\"}", in: folder)
    #expect(try DeskStatus(desk).newRows == nil && DeskStatus(desk).refitReasons == [])
  }

  @Test(
    "In the desk's own folder a command names it only where it must, and each starts as the running one was")
  func commands() {
    let desk = Desk(".", startedAs: ".build/debug/ghost")
    #expect(desk.draftCommand == "swift run ghost draft --workspace . --topic \"…\"")
    #expect(desk.editCommand("a") == "swift run ghost edit a")
    #expect(desk.refitCommand(model: "my base") == "swift run ghost refit --model \"my base\"")
    #expect(desk.trainCommand == "swift run lora-train --data archive.jsonl --epochs 2")
  }

  @Test("A row that was moved, and rows that a later run has seen and was retired for, are not new")
  func seenRows() throws {
    let folder = try TemporaryFolder()
    try folder.put(archive(posts: 16, kept: []), as: "archive.jsonl")
    try adapter(
      "{\"written_at\": \"2026-09-01T00:00:00Z\", \(seen(4, of: folder))}", in: folder)
    #expect(try DeskStatus(Desk(folder.path)).newRows == 12)
    let lines = try folder.content(of: "archive.jsonl").split(separator: "\n").reversed()
    try folder.put(lines.joined(separator: "\n"), as: "archive.jsonl")
    #expect(try DeskStatus(Desk(folder.path)).newRows == 12)
    let later = "{\"written_at\": \"2026-09-02T00:00:00Z\", \(try seen(5, of: folder))}"
    try folder.put(later, as: "adapters/retired/b-2026-09-02/run.json")
    #expect(try DeskStatus(Desk(folder.path)).newRows == 7)
    // One that was written before says nothing of what came since.
    try folder.put(
      later.replacingOccurrences(of: "-09-02", with: "-08-02"), as: "adapters/retired/b-2026-09-02/run.json")
    #expect(try DeskStatus(Desk(folder.path)).newRows == 12)
  }

  @Test("Where the last adapter was retired, a first one is not advised again before rows have come")
  func allRetired() throws {
    let folder = try TemporaryFolder()
    try folder.put(archive(posts: 25, kept: []), as: "archive.jsonl")
    func retire(_ count: Int) throws {
      let record = "{\"written_at\": \"2026-09-02T00:00:00Z\", \(try seen(count, of: folder))}"
      try folder.put(record, as: "adapters/retired/a-1-2026-09-02/run.json")
    }
    try retire(16)
    #expect(
      try DeskStatus(Desk(folder.path)).next
        == "collect more pieces before training again: the last adapter was retired, and 9 rows of the 10 that make it"
        + " worth while came since")
    try retire(15)
    #expect(try DeskStatus(Desk(folder.path)).next.hasPrefix("train a first adapter: lora-train"))
  }

  @Test("A verdict beside a prompted base is advised once, and counts more than that of the training")
  func judged() throws {
    let folder = try TemporaryFolder()
    try folder.put(archive(posts: 16, kept: []), as: "archive.jsonl")
    let pins = try Archive(paths: [folder("archive.jsonl")]).rows.map { "\"\($0.pin)\"" }
    let data = "\"data\": {\"pins\": {\"training\": [], \"held_out\": [\(pins.joined(separator: ", "))]}}"
    try adapter("{\"verdict\": \"keep\", \(data)}", in: folder)
    #expect(
      try DeskStatus(Desk(folder.path)).next
        == "have the adapter judged beside a prompted base: lora-train eval --verdict --adapter-path"
        + " \(folder("adapters/a")) --data \(folder("archive.jsonl"))")
    try folder.put("{\"verdict\": \"not enough evidence\"}", as: "adapters/a/evaluation.json")
    var status = try DeskStatus(Desk(folder.path))
    #expect(status.next.hasPrefix("write the next draft") && status.adapter?.verdict == .notEnoughEvidence)
    #expect(status.lines.contains("adapter  \(folder("adapters/a")): verdict not enough evidence"))
    try folder.put("{\"verdict\": \"retire\"}", as: "adapters/a/evaluation.json")
    status = try DeskStatus(Desk(folder.path))
    #expect(status.adapter?.verdict == .retire && status.json["adapter"]?["verdict"] == "retire")
    #expect(status.next.hasPrefix("collect more pieces before training again"))
  }

  @Test("The archives of a training that was started in the desk's folder are named from the working folder")
  func recordedArchives() throws {
    let folder = try TemporaryFolder()
    for name in ["archive.jsonl", "my posts.jsonl"] { try folder.put(archive(posts: 16, kept: []), as: name) }
    try adapter(
      "{\"finished\": false, \"archives\": [\"my posts.jsonl\", \"../old/archive.jsonl\"]}", in: folder)
    #expect(
      try DeskStatus(Desk(folder.path)).next
        == "finish the adapter's run: lora-train --data \"\(folder("my posts.jsonl"))\" \(folder("archive.jsonl"))"
        + " --adapter-path \(folder("adapters/a")) --resume")
  }

  @Test("Drift asks for a refit where training has not seen the drafts that show it")
  func drift() throws {
    let folder = try TemporaryFolder()
    // Sixteen drafts that keep three words of four or all, then five that keep one.
    let before = (0..<16).map { $0.isMultiple(of: 2) ? 3 : 4 }
    try folder.put(archive(posts: 0, kept: before + [1, 1, 1, 1, 1]), as: "archive.jsonl")
    let rows = try folder.content(of: "archive.jsonl").split(separator: "\n").enumerated().map { index, row in
      // Finals that differ, so that each row is known by its own.
      row.replacingOccurrences(of: "\"final\": \"", with: "\"final\": \"\(index) ")
        .replacingOccurrences(of: "\"draft\": \"", with: "\"draft\": \"\(index) ")
    }
    try folder.put(rows.joined(separator: "\n"), as: "archive.jsonl")
    try adapter("{\(seen(16, of: folder))}", in: folder)
    let status = try DeskStatus(Desk(folder.path))
    let band = try #require(status.band)
    #expect(band.isAbove && status.refitReasons == [.drift(band)])
    #expect(status.lines.contains { $0 == "band     \(band.text)" })
    try adapter("{\(seen(17, of: folder))}", in: folder)
    #expect(try DeskStatus(Desk(folder.path)).refitReasons == [])
  }

  @Test("A base that the adapter was not trained on asks for a refit on it")
  func otherBase() throws {
    let folder = try TemporaryFolder()
    try folder.put(archive(posts: 2, kept: []), as: "archive.jsonl")
    try folder.put("base: \(Fixtures.model("smollm2"))\n", as: "ghost.yaml")
    let pinned = try BaseModel.fingerprint(path: Fixtures.model("smollm2")).hex
    try adapter("{\"settings\": {\"base_sha256\": \"\(pinned)\"}, \(seen(2, of: folder))}", in: folder)
    #expect(try DeskStatus(Desk(folder.path)).refitReasons == [])
    try folder.put("base: \(Fixtures.model("qwen2"))\n", as: "ghost.yaml")
    let status = try DeskStatus(Desk(folder.path))
    #expect(status.refitReasons == [.base(Fixtures.model("qwen2"))])
    #expect(status.next.hasSuffix(" --model \(Fixtures.model("qwen2"))"))
  }

  @Test("A folder that is not there, and an adapter that is not there, are named")
  func missing() throws {
    let folder = try TemporaryFolder()
    #expect(
      throwing { _ = try DeskStatus(Desk(folder("none"))) }?.hasPrefix(
        "\(folder("none")): found nothing there")
        == true)
    try folder.put("length: 100\nadapter: gone\n", as: "ghost.yaml")
    #expect(
      throwing { _ = try DeskStatus(Desk(folder.path)) }
        == "\(folder("ghost.yaml")):2: found no adapter in \(folder("gone")); expected the folder of one, or no such"
        + " line. Correct it.")
  }
}
