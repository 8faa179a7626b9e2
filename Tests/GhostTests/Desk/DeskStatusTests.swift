import Files
import Foundation
import TestSupport
import Testing

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
        + " \"archives\": [\"archive.jsonl\"], \"data\": {\"rows\": {\"post\": 3, \"edit\": 2}}}", in: folder)
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
        "adapter  \(folder("adapters/a")): verdict keep, 10 days old", "new rows 3 since its training",
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
    try folder.put(archive(posts: 16, kept: []), as: "archive.jsonl")
    #expect(
      try DeskStatus(desk).next == "train a first adapter: lora-train --data \(desk.archivePath) --epochs 2")
    try adapter("{\"finished\": false, \"verdict\": null, \"archives\": [\"my posts.jsonl\"]}", in: folder)
    #expect(
      try DeskStatus(desk).next
        == "finish the adapter's run: lora-train --data \"my posts.jsonl\" --adapter-path \(folder("adapters/a")) --resume"
    )
    #expect(
      try DeskStatus(desk).lines.contains("adapter  \(folder("adapters/a")): its training is not finished"))
    let data = "\"archives\": [\"archive.jsonl\"], \"data\": {\"rows\": {\"post\":"
    try adapter("{\"verdict\": \"retire\", \(data) 16}}}", in: folder)
    #expect(try DeskStatus(desk).next.hasPrefix("collect more pieces before training again"))
    try adapter("{\"verdict\": \"keep\", \(data) 16}}}", in: folder)
    #expect(
      try DeskStatus(desk).next
        == "write the next draft: ghost draft --workspace \(desk.folder) --topic \"…\"")
    try adapter("{\"verdict\": \"keep\", \(data) 6}}}", in: folder)
    #expect(try DeskStatus(desk).next.hasPrefix("train again, with 10 new rows: lora-train"))
  }

  @Test("A folder that is not there, and an adapter that is not there, are named")
  func missing() throws {
    let folder = try TemporaryFolder()
    #expect(
      throwing { _ = try DeskStatus(Desk(folder("none"))) }?.hasPrefix(
        "\(folder("none")): found nothing there")
        == true)
    try folder.put("adapter: gone\n", as: "ghost.yaml")
    #expect(
      throwing { _ = try DeskStatus(Desk(folder.path)) }?.contains("gone/adapter_model.safetensors: found")
        == true)
  }
}
