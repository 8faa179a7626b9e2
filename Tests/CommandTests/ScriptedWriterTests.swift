import Files
import Foundation
import TestSupport
import Testing
import Train

/// A writer who has a folder of posts and this package's README, and types what it shows.
@Suite("A writer, from an empty folder to a refit") struct ScriptedWriterTests {
  /// A piece of the embedded archive, cut to its opening so that training takes seconds.
  private struct Piece {
    let title: String
    let date: String
    let topic: String
    let angle: String
    let kind: String
    let text: String

    init?(_ row: JSONValue, text key: String) {
      guard let text = row[key]?.stringValue, let seed = row["seed"] else { return nil }
      title = row["title"]?.stringValue ?? ""
      date = row["date"]?.stringValue ?? "2024-01-01"
      topic = seed["topic"]?.stringValue ?? ""
      angle = seed["angle"]?.stringValue ?? ""
      kind = seed["kind"]?.stringValue ?? ""
      self.text = Piece.opening(text)
    }

    /// The first sentences, a hundred words or a few more.
    private static func opening(_ text: String) -> String {
      var opening: [Substring] = []
      for word in text.split(whereSeparator: \.isWhitespace) {
        opening.append(word)
        if opening.count >= 100, word.hasSuffix(".") { break }
      }
      return opening.joined(separator: " ")
    }
  }

  private let folder: TemporaryFolder
  private let posts: [Piece]
  private let edits: [Piece]

  init() throws {
    folder = try TemporaryFolder()
    let archive = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("data/archive.jsonl")
    let rows = try String(contentsOf: archive, encoding: .utf8).split(separator: "\n").map {
      try JSONParser.parse(Array($0.utf8), file: "archive.jsonl")
    }
    posts = Array(rows.compactMap { Piece($0, text: "text") }.prefix(104))
    edits = rows.compactMap { Piece($0, text: "final") }
  }

  private func program(_ name: String) -> Program { Program(name: name, folder: folder.path) }
  private var trainer: Program { program("lora-train") }
  private var ghost: Program { program("ghost") }

  /// What the writer gets who types a command as a program printed it.
  private func type(_ command: String, _ flags: String = "") throws -> Program.Result {
    try program("/bin/sh").run("-c", "\(command) \(flags)")
  }

  /// The posts as files of a site, and the cases that a gate takes.
  private func layOut() throws {
    for (index, post) in posts.enumerated() {
      try folder.put(
        """
        ---
        title: "\(post.title)"
        date: \(post.date)
        description: "\(post.angle)"
        category: \(post.kind)
        ---

        \(post.text)
        """, as: "posts/\(index).md")
    }
    // Every third one shall end by itself, which the embedded base hardly ever does.
    let cases = try posts.prefix(60).enumerated().map { index, post in
      let checks: JSONValue = index.isMultiple(of: 3) ? [["ends": true]] : [["not_contains": "As an AI"]]
      let seed: JSONValue = ["topic": .string(post.topic), "length": 20]
      return try JSONWriter.string(of: ["id": .string("\(index)"), "seed": seed, "checks": checks]) + "\n"
    }
    try folder.put(cases.joined(), as: "cases.jsonl")
  }

  /// Ten times: a draft, the writer's text in its place, shipped.
  private func shipTen() throws {
    for piece in edits.prefix(10) {
      let draft = try ghost.run(
        "draft", "--workspace", ".", "--topic", piece.topic, "--angle", piece.angle, "--length", "40",
        "--kind", piece.kind, "--seed", "1")
      #expect(draft.code == 0 && !draft.output.isEmpty)
      let path = try #require(draft.errors.firstMatch(of: #/kept as (drafts/.*\.md); next: (.* edit (.*))/#))
      #expect(try type("EDITOR=cat \(path.2)").output == folder.content(of: String(path.1)))
      // What an editor would do: the front matter stays, the text is the writer's.
      let parts = try folder.content(of: String(path.1)).split(separator: "\n---\n", maxSplits: 1)
      try folder.put("\(parts[0])\n---\n\n\(piece.text)\n", as: String(path.1))
      let shipped = try ghost.run("ship", String(path.3))
      #expect(shipped.code == 0 && shipped.output.contains("edit rate "), "\(shipped)")
    }
  }

  private func status() throws -> JSONValue {
    let result = try ghost.run("status", "--json")
    #expect(result.code == 0)
    return try JSONParser.parse(Array(result.output.utf8), file: "status")
  }

  @Test("prepare, gate, train, eval, ten rounds of draft, edit and ship, status, refit, status")
  func writer() throws {
    try layOut()
    #expect(try ghost.run("status").output.contains("next     collect pieces: 0 of the 12"))

    let prepared = try trainer.run("prepare", "posts", "--output", "archive.jsonl")
    #expect(prepared.code == 0 && prepared.output.contains("added  \(posts.count) rows"), "\(prepared)")
    #expect(try trainer.run("prepare", "posts", "--output", "archive.jsonl").output.contains("added  0 rows"))

    let base = try trainer.run("gate", "--cases", "cases.jsonl", "--data", "archive.jsonl", "--run", "base")
    #expect(base.code == 3 && base.output.contains("\ncompile first\n"), "\(base)")
    let gate = try trainer.run(
      "gate", "--cases", "cases.jsonl", "--data", "archive.jsonl", "--run", "few-shot")
    #expect(gate.code == 0 && gate.output.contains("\nfine-tune\n"), "\(gate)")

    let trained = try trainer.run("--data", "archive.jsonl", "--epochs", "2")
    #expect(trained.code == 0 && trained.output.contains("keep: the adapter saves"), "\(trained)")
    #expect(folder.holds("adapters/archive-1/adapter_model.safetensors"))

    // Two drafts of each system are too few for a verdict, and enough for a test.
    let verdict = "\(trainer.typed) eval --verdict --adapter-path "
    let advice = "have the adapter judged beside a prompted base: \(verdict)"
    #expect(try status()["next"] == .string(advice + "adapters/archive-1 --data archive.jsonl"))
    let judged = try type(verdict + "adapters/archive-1 --data archive.jsonl", "--max-pieces 2 --samples 1")
    #expect(judged.code == 3 && judged.output.contains("\nnot enough evidence: "), "\(judged)")
    #expect(folder.holds("adapters/archive-1/report.html"))

    try shipTen()
    let before = try status()
    #expect(before["pieces"]?.intValue == posts.count + 10 && before["drafts"]?["shipped"] == 10)
    #expect(before["rows_since_training"] == 10 && before["trend"]?["drafts"] == 10)
    #expect(
      before["adapter"]?["path"] == "adapters/archive-1"
        && before["adapter"]?["verdict"] == "not enough evidence")
    #expect(before["next"]?.stringValue?.hasSuffix("): \(ghost.typed) refit") == true)

    // Nobody is there to be asked, then the power fails.
    let offer = try ghost.run("refit")
    #expect(offer.code == 0 && offer.errors.contains("give --yes to do it"))
    let checkpoint = "adapters/.refit/adapter/checkpoint.safetensors"
    try ghost.run("refit", "--yes") { folder.holds(checkpoint) }
    #expect(folder.holds(checkpoint))
    #expect(try status()["adapter"]?["path"] == "adapters/archive-1")

    let refit = try type("\(ghost.typed) refit", "--yes")
    #expect(
      refit.code == 0 && refit.errors.contains("going on with the refit that was interrupted"), "\(refit)")
    let kept = try #require(refit.output.firstMatch(of: #/\nkeep +(adapters/archive-[12]): /#)).1
    let retired = try #require(refit.output.firstMatch(of: #/\nretire +.* is now (adapters/retired/.*)\n/#)).1
    #expect(folder.holds("\(retired)/adapter_model.safetensors"))

    let after = try status()
    #expect(after["adapter"]?["path"] == .string(String(kept)) && after["rows_since_training"] == 0)
    #expect(after["refit"] == [] && after["adapter"]?["sunset"] != .null)
    if kept == "adapters/archive-2" {
      #expect(after["next"] == .string("\(advice)\(kept) --data archive.jsonl"))
    }
    // Every word is where it was put.
    let rows = try Archive(paths: [folder("archive.jsonl")]).rows
    #expect(rows.suffix(10).map(\.content).map(final) == edits.prefix(10).map(\.text))
  }

  private func final(_ content: ArchiveRow.Content) -> String? {
    if case .edit(_, _, _, let final) = content { final } else { nil }
  }
}
