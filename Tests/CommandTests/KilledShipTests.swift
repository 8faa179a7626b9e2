import Files
import Foundation
import TestSupport
import Testing
import Train

@Suite("A ship that is killed") struct KilledShipTests {
  @Test("Killed at any moment, the archive has the row whole or not at all, and shipping again ends it")
  func killed() throws {
    let folder = try TemporaryFolder()
    let ghost = Program(name: "ghost", folder: folder.path)
    let drafts = try ghost.run(
      "draft", "--workspace", ".", "--topic", "a lamp", "--length", "5", "--n", "12", "--max-tokens", "8",
      "--model", Fixtures.model("smollm2"))
    #expect(drafts.code == 0, "\(drafts)")
    let post = #"{"title": "A bell", "text": "The bell was there before."}"#
    try folder.put(post + "\n", as: "archive.jsonl")
    try folder.put("What ships in the end.", as: "final.md")
    let ids = try FileManager.default.contentsOfDirectory(atPath: folder("drafts/.original"))
      .filter { $0.hasSuffix(".md") && !$0.hasPrefix(".") }.map { String($0.dropLast(3)) }.sorted()
    #expect(ids.count == 12)
    var killedEarly = 0
    for (index, id) in ids.enumerated() {
      try ghost.run("ship", id, "--final", "final.md", killedAfter: 3_000 * UInt32(index + 1))
      var rows = try Archive(paths: [folder("archive.jsonl")]).rows
      #expect(
        rows.first?.content
          == .post(title: "A bell", seed: rows[0].seed ?? Seed(), text: "The bell was there before."))
      #expect(Set(rows.dropFirst().compactMap(\.id)).isSubset(of: ids.prefix(index + 1)))
      if rows.count == index + 1 {
        killedEarly += 1
        let again = try ghost.run("ship", id, "--final", "final.md")
        #expect(again.code == 0, "\(again)")
      }
      rows = try Archive(paths: [folder("archive.jsonl")]).rows
      #expect(rows.dropFirst().compactMap(\.id) == Array(ids.prefix(index + 1)))
    }
    #expect(killedEarly > 0)
    // What a killed process leaves behind is no row of anything.
    #expect(try ghost.run("status").output.contains("drafts   0 open, 12 shipped, 0 rejected"))
  }

  @Test("A temporary file that a crash left before its rename changes nothing")
  func leftover() throws {
    let folder = try TemporaryFolder()
    let ghost = Program(name: "ghost", folder: folder.path)
    let draft = try ghost.run(
      "draft", "--workspace", ".", "--topic", "a lamp", "--length", "5", "--max-tokens", "8", "--model",
      Fixtures.model("smollm2"))
    #expect(draft.code == 0)
    let post = #"{"title": "A bell", "text": "The bell was there before."}"# + "\n"
    try folder.put(post, as: "archive.jsonl")
    try folder.put(post + #"{"id": "half a"#, as: ".partial-1f")
    try folder.put("What ships.", as: "final.md")
    #expect(try ghost.run("ship", "lamp", "--final", "final.md").code == 0)
    #expect(try Archive(paths: [folder("archive.jsonl")]).rows.count == 2)
    #expect(try folder.content(of: "archive.jsonl").hasPrefix(post))
  }
}
