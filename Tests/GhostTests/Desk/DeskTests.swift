import Files
import Foundation
import Model
import TestSupport
import Testing
import Train

@testable import Ghost
@testable import Prepare

@Suite("The desk") struct DeskTests {
  static let date = Date(timeIntervalSince1970: 1_790_000_000)

  /// A desk with drafts, their text as given, that an untrained model is said to have written.
  static func desk(_ texts: [String], topic: String = "a lamp: \"flickered\"") throws -> (
    folder: TemporaryFolder, desk: Desk, ids: [String]
  ) {
    let folder = try TemporaryFolder()
    let desk = Desk(folder.path)
    let drafter = try Drafter(
      {
        var request = DraftRequest(seed: Seed(topic: topic, length: 20, kind: "note"), randomSeed: 7)
        request.basePath = Fixtures.model("smollm2")
        request.adapterPath = Fixtures.adapter("smollm2")
        request.maxTokens = 1
        return request
      }())
    let draft = try drafter.write()
    let ids = try texts.map { try desk.keep(draft.replacing($0), at: date) }
    return (folder, desk, ids)
  }

  private func edit(_ desk: Desk, _ id: String, _ change: (String) -> String) throws {
    let path = desk.draftPath(id)
    try change(String(contentsOfFile: path, encoding: .utf8)).write(
      toFile: path, atomically: true, encoding: .utf8)
  }

  @Test("A draft is kept twice, byte for byte, under a name that sorts by its date")
  func keeping() throws {
    let text = "# A lamp\n\n---\nkey: no field\n\n  It flickered.  "
    let (folder, desk, ids) = try Self.desk([text, text])
    let day = Desk.day(Self.date)
    #expect(ids == ["\(day)-a-lamp-flickered", "\(day)-a-lamp-flickered-02"])
    let file = try folder.content(of: "drafts/\(ids[0]).md")
    #expect(file.hasPrefix("---\nid: \"\(ids[0])\"\n") && file.hasSuffix("\n---\n\n\(text)\n"))
    #expect(try folder.content(of: "drafts/.original/\(ids[0]).md") == file)
    let original = try DraftFile(original: desk.originalPath(ids[0]))
    #expect(original.text == "# A lamp\n\n---\nkey: no field\n\n  It flickered.")
    #expect(original.seed == Seed(topic: "a lamp: \"flickered\"", length: 20, kind: "note"))
    #expect(original.fields["base"]?["sha256"]?.stringValue?.count == 64)
    #expect(original.fields["sampling"]?["seed"] == "7" && original.fields["seconds"] != nil)
  }

  @Test("Shipping appends one edit row that the trainer reads, and leaves every other byte as it was")
  func shipping() throws {
    let (folder, desk, ids) = try Self.desk(["The lamp was really old."])
    let post = "{\"title\": \"One\", \"text\": \"A post.\"}"
    try folder.put(post, as: "archive.jsonl")  // without a line end at its end
    try edit(desk, ids[0]) {
      $0.replacingOccurrences(of: "really ", with: "").replacingOccurrences(of: "\n", with: "\r\n")
    }
    let shipment = try desk.ship("flickered")
    #expect(shipment.diff.cutCount == 1 && shipment.diff.addedCount == 0 && !shipment.beginsArchive)
    #expect(
      shipment.lines == [
        "shipped \(ids[0]) to \(desk.archivePath)",
        "edit rate 20 %: kept 4 of the draft's 5 words, cut 1, added 0", "  - really",
      ])
    #expect(try folder.content(of: "archive.jsonl").hasPrefix(post + "\n{\"id\":"))
    let archive = try Archive(paths: [desk.archivePath])
    #expect(archive.rows.count == 2 && archive.rows[1].id == ids[0])
    #expect(
      archive.rows[1].content
        == .edit(
          title: nil, seed: Seed(topic: "a lamp: \"flickered\"", length: 20, kind: "note"),
          draft: "The lamp was really old.", final: "The lamp was old."))
    #expect(
      throwing { _ = try desk.ship(ids[0]) }
        == "\(desk.archivePath): found \(ids[0]) shipped; expected an open draft."
        + " To change the piece, edit its row there.")
    #expect(try folder.names.filter { $0.hasPrefix(".partial") } == [])
  }

  @Test("A missing archive is begun, and a link to one stays a link")
  func archives() throws {
    let (folder, desk, ids) = try Self.desk(["One two.", "One two."])
    try folder.put("Only three words.", as: "final.txt")
    let first = try desk.ship(ids[0], final: folder("final.txt"))
    #expect(first.beginsArchive && first.lines[0].hasSuffix("archive.jsonl, which begins with it"))
    try FileManager.default.moveItem(atPath: desk.archivePath, toPath: folder("elsewhere.jsonl"))
    try FileManager.default.createSymbolicLink(
      atPath: desk.archivePath, withDestinationPath: folder("elsewhere.jsonl"))
    #expect(try !desk.ship(ids[1], final: folder("final.txt")).beginsArchive)
    #expect(try Archive(paths: [folder("elsewhere.jsonl")]).rows.count == 2)
  }

  @Test("A draft is shipped once, also where another program has rewritten the archive with escapes")
  func escapedArchive() throws {
    let (folder, desk, ids) = try Self.desk(["One two."], topic: "a café at dusk")
    try folder.put("Only three words.", as: "final.txt")
    _ = try desk.ship(ids[0], final: folder("final.txt"))
    let escaped = try folder.content(of: "archive.jsonl").replacingOccurrences(of: "é", with: "\\u00e9")
    try folder.put(escaped, as: "archive.jsonl")
    #expect(
      throwing { _ = try desk.ship(ids[0], final: folder("final.txt")) }
        == "\(desk.archivePath): found \(ids[0]) shipped; expected an open draft."
        + " To change the piece, edit its row there.")
    #expect(try folder.content(of: "archive.jsonl") == escaped)
  }

  @Test("Of many that ship the same draft at once, one does, and of many drafts none is lost")
  func together() async throws {
    let (folder, desk, ids) = try Self.desk((0..<6).map { "Draft number \($0)." })
    try folder.put("What ships.", as: "final.txt")
    let final = folder("final.txt")
    let shipped = await withTaskGroup(of: Bool.self) { group in
      for id in ids + ids { group.addTask { (try? desk.ship(id, final: final)) != nil } }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(shipped == 6)
    #expect(Set(try Archive(paths: [desk.archivePath]).rows.compactMap(\.id)) == Set(ids))
  }

  @Test("What cannot be shipped is refused in one line, and nothing changes")
  func refusals() throws {
    let (folder, desk, ids) = try Self.desk(["A text.", "A text."])
    let path = desk.draftPath(ids[0])
    func refusal(_ name: String? = nil, final: String? = nil) -> String? {
      throwing { _ = try desk.ship(name ?? ids[0], final: final) }
    }
    #expect(
      refusal()
        == "\(path): found the draft as it was written; expected an edited text."
        + " Edit it first, or give --unchanged where it is right as it is.")
    try edit(desk, ids[0]) { $0.replacingOccurrences(of: "A text.", with: " \n") }
    let empty =
      "found no words; expected the text to ship. Undo the edit, or reject the draft:"
      + " ghost reject \(ids[0]) --workspace \(desk.folder)"
    #expect(refusal() == "\(path): \(empty)")
    try folder.put("", as: "drafts/\(ids[0]).md")
    #expect(refusal() == "\(path): \(empty)")
    #expect(
      refusal("nothing")
        == "\(desk.folder)/drafts: found no draft \"nothing\"; expected one of those there. The latest is \(ids[1])."
        + " See ghost status --workspace \(desk.folder)"
    )
    #expect(
      refusal("lamp")
        == "\"lamp\": found 2 drafts of that name, \(ids[0]), \(ids[1]); expected one. Give more of its name."
    )
    #expect(refusal(final: "/nowhere")?.hasPrefix("/nowhere: found nothing there") == true)
    let binary = folder("binary")
    try Data([0x41, 0xFF, 0xFE]).write(to: URL(fileURLWithPath: binary))
    #expect(
      refusal(final: binary) == "\(binary): found bytes that are not UTF-8; expected text. Save it as UTF-8.")
    try folder.put(String(repeating: "word ", count: 60_000), as: "large")
    #expect(
      refusal(final: folder("large"))?.contains("300000 bytes; expected a piece of at most 262144") == true)
    #expect(
      throwing { _ = try Desk(folder("none")).ship("x") }
        == "\(folder("none"))/drafts: found no drafts; expected some that ghost draft kept, which it does with"
        + " --workspace alone. Name the right folder with --workspace, or write a draft and keep it:"
        + " ghost draft --workspace \(folder("none")) --topic \"…\"")
    #expect(!folder.holds("archive.jsonl"))
    #expect(try desk.ship(ids[1], allowsUnchanged: true).diff.editRate == 0)
  }

  @Test("A process that keeps the lock is waited for, then named")
  func busy() throws {
    let folder = try TemporaryFolder()
    let lock = try FolderLock(folder.path)
    #expect(
      throwing { _ = try FolderLock(folder.path, patience: .zero) }
        == "\(folder.path): found another command at work there; expected to be alone. Try again when it is done."
    )
    withExtendedLifetime(lock) {}
  }

  @Test("A draft that was edited without its front matter ships, and a rule at its start is text")
  func frontMatter() throws {
    let (folder, desk, ids) = try Self.desk(["A text."])
    #expect(try DraftFile.finalText(folder.put("Mine.\n", as: "a")) == "Mine.")
    #expect(
      try DraftFile.finalText(folder.put("---\n\nA rule: kept.\n\n---\n", as: "b"))
        == "---\n\nA rule: kept.\n\n---")
    #expect(
      try DraftFile.finalText(folder.put("---\nhttps://a.example\n", as: "b")) == "---\nhttps://a.example")
    #expect(
      try DraftFile.finalText(folder.put("\u{FEFF}---\ntitle: Mine\n---\n\n  Mine.\n", as: "c")) == "  Mine.")
    let damaged = { (path: String) in
      "\(path): found front matter in the text; expected it whole, between two lines of --- or of +++, or gone."
        + " Restore those lines, or delete all that stands before the text."
    }
    try edit(desk, ids[0]) { String($0.dropFirst("---\n".count)) + "Mine." }
    #expect(throwing { _ = try desk.ship("lamp") } == damaged(desk.draftPath(ids[0])))
    for line in ["id: \(ids[0])", "id: '\(ids[0])'", "id = \"\(ids[0])\""] {
      let path = try folder.put("title: Mine\n\(line)\n---\n\nMine.\n", as: "unopened")
      #expect(throwing { _ = try desk.ship("lamp", final: path) } == damaged(path))
    }
    for text in ["+++\ntitle = \"Mine\"\n\nMine.\n", "---\ntitle: Mine\n\nMine.\n"] {
      let path = try folder.put(text, as: "unclosed")
      #expect(throwing { _ = try desk.ship("lamp", final: path) } == damaged(path))
    }
    #expect(try desk.ship("lamp", final: folder("a")).diff.final == ["Mine."])
  }

  @Test(
    "What a site has above its text is no part of it",
    arguments: [
      "+++\ntitle = \"Mine\"\ndraft = false\n+++\n\n", "+++ \r\n[params]\r\nx = 1\r\n+++\t\r\n",
      "--- \ntitle: Mine\n---  \n", "\n---\n# of the site\ntitle: Mine\n---\n", "+++\n+++\n",
      "---\n---\n", "---\nDate created: today\n...\n",
    ])
  func siteFrontMatter(head: String) throws {
    let folder = try TemporaryFolder()
    #expect(
      try DraftFile.finalText(folder.put(head + "Mine.\n\n---\n\n+++\n", as: "a")) == "Mine.\n\n---\n\n+++")
  }

  @Test("A draft's front matter is what lora-train prepare reads above a post")
  func preparedDraft() throws {
    let topic = "a \"lamp\": it's \\ 100 % # or\u{7}\u{1F4A1} — é"
    let (folder, _, ids) = try Self.desk(["A text: whole."], topic: topic)
    let file = try folder.content(of: "drafts/\(ids[0]).md")
    let (matter, body, line) = try FrontMatter.split(file, file: "a.md")
    #expect(matter.first("id") == ids[0] && matter.first("topic") == topic && matter.first("kind") == "note")
    #expect(matter.first("base.sha256")?.count == 64 && matter.first("sampling.seed") == "7")
    #expect(body == "\nA text: whole.\n")
    #expect(line == file.split(separator: "\n", omittingEmptySubsequences: false).count - 2)
  }

  @Test("A rejected draft is recorded with its reason and cannot be shipped")
  func rejecting() throws {
    let (folder, desk, ids) = try Self.desk(["A text."])
    #expect(try desk.reject(ids[0], reason: "not mine") == ids[0])
    let row = try JSONParser.parse(contentsOf: folder("rejected.jsonl"))
    #expect(row["id"] == .string(ids[0]) && row["reason"] == "not mine" && row["draft"] == "A text.")
    let message =
      "\(desk.rejectedPath): found \(ids[0]) rejected; expected an open draft. Remove its line there to take it back."
    #expect(throwing { _ = try desk.ship(ids[0], allowsUnchanged: true) } == message)
    #expect(throwing { _ = try desk.reject(ids[0]) } == message)
  }

  @Test("Defaults come from ghost.yaml, and a key or value it cannot have is named with its line")
  func settings() throws {
    let folder = try TemporaryFolder()
    #expect(try DeskSettings(folder.path).length == nil)
    try folder.put("base: models/small\nadapter: /a\nlength: 300\nkind: note\n", as: "ghost.yaml")
    let settings = try DeskSettings(folder.path)
    #expect(settings.base == "\(folder.path)/models/small" && settings.adapter == "/a")
    #expect(settings.length == 300 && settings.kind == "note")
    try folder.put("kind: note\nlength: long\n", as: "ghost.yaml")
    #expect(
      throwing { _ = try DeskSettings(folder.path) }
        == "\(folder.path)/ghost.yaml:2: found length: long; expected a whole number of words from 1. Correct it."
    )
    try folder.put("lenght: 3\n", as: "ghost.yaml")
    #expect(
      throwing { _ = try DeskSettings(folder.path) }
        == "\(folder.path)/ghost.yaml:1: found the key \"lenght\"; expected base, adapter, length or kind. Correct it."
    )
  }
}

extension Draft {
  /// The same draft with another text.
  fileprivate func replacing(_ text: String) -> Draft {
    Draft(
      request: request, basePath: basePath, fingerprints: fingerprints, adapter: adapter, text: text,
      ending: ending, exampleCount: exampleCount, promptTokens: promptTokens, tokens: tokens,
      tokenLimit: tokenLimit,
      loadSeconds: loadSeconds, prefillSeconds: prefillSeconds, decodeSeconds: decodeSeconds)
  }
}
