import Files
import Foundation
import Testing
import TestSupport
import Train

@testable import Prepare

@Suite("Preparing an archive")
struct PrepareRunTests {
  private let folder: TemporaryFolder
  private var options = PrepareOptions()

  init() throws {
    folder = try TemporaryFolder()
    options.paths = [folder("posts")]
    options.output = folder("archive.jsonl")
    options.minWords = 5
  }

  private static let words = (1...60).map { "word\($0)" }.joined(separator: " ")

  @Test("A post becomes a row with title, date, kind, seed and protected spans, and training reads it")
  func row() throws {
    try folder.put(
      "---\ntitle: A kettle\ndescription: Noise is information\ncategory: Note\n---\n"
        + "# A kettle\n\nThe kettle came in on [Tuesday](http://a.b/c).\n\n> It sang.\n",
      as: "posts/2024-02-29-kettle.md")
    let report = try PrepareRun(options).start()
    #expect(
      try String(contentsOfFile: options.output, encoding: .utf8)
        == #"{"id":"posts/2024-02-29-kettle.md","date":"2024-02-29","title":"A kettle","kind":"note","#
        + #""seed":{"topic":"A kettle","angle":"Noise is information","length":10,"kind":"note"},"#
        + #""text":"The kettle came in on Tuesday.\n\n> It sang.","#
        + #""spans":[{"start":32,"end":42,"weight":0}]}"# + "\n")
    #expect(report.changes == [.linkTarget: 1, .repeatedTitle: 1])
    let rows = try Archive(paths: [options.output]).rows
    #expect(rows.map(\.kind) == [.post])
  }

  @Test("A second run changes no byte; a new piece is added behind the others, which stay")
  func idempotent() throws {
    try folder.put("One " + Self.words, as: "posts/b.md")
    #expect(try PrepareRun(options).start().added.count == 1)
    let first = try String(contentsOfFile: options.output, encoding: .utf8)
    let again = try PrepareRun(options).start()
    #expect(again.added.isEmpty && again.presentCount == 1)
    #expect(try String(contentsOfFile: options.output, encoding: .utf8) == first)
    try folder.put("Two quite different words stand in this piece", as: "posts/a.md")
    try folder.put("One changed " + Self.words, as: "posts/b.md")
    let third = try PrepareRun(options).start()
    #expect(third.added.map(\.id) == ["posts/a.md"])
    #expect(third.changedAtSource.map(\.id) == ["posts/b.md"])
    #expect(try String(contentsOfFile: options.output, encoding: .utf8).hasPrefix(first))
  }

  @Test("Drafts, repeated and short pieces are left out and listed; a near duplicate is kept and listed")
  func leftOut() throws {
    try folder.put(Self.words, as: "posts/a.md")
    try folder.put(Self.words.uppercased(), as: "posts/b.md")
    try folder.put(Self.words + " end", as: "posts/c.txt")
    try folder.put("---\ndraft: true\n---\n" + Self.words, as: "posts/d.md")
    try folder.put("Too short", as: "posts/e.md")
    let report = try PrepareRun(options).start()
    #expect(report.added.map(\.id) == ["posts/a.md", "posts/c.txt"])
    #expect(
      report.leftOut.map { $0.note ?? "" } == [
        "draft", "too short (2 words)", "the same text as \(folder("posts/a.md")):1",
      ])
    #expect(report.nearDuplicates.map(\.id) == ["posts/c.txt"])
  }

  @Test("What cannot be read is named and the rest goes on; with --strict nothing is written")
  func badSources() throws {
    var options = options
    try folder.put(Self.words, as: "posts/a.md")
    try folder.put("---\ntitle: [\n---\n" + Self.words, as: "posts/b.md")
    try Data([0x61, 0x0A, 0x89, 0x50, 0x00]).write(to: URL(fileURLWithPath: folder("posts/c.md")))
    try folder.put("x", as: "posts/d.png")
    for name in ["e.md", "f.json"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder("posts/\(name)"), withDestinationPath: "/nowhere")
    }
    options.isStrict = true
    #expect(throws: SourceProblem.self) { try PrepareRun(options).start() }
    #expect(try folder.names == ["posts"])
    options.isStrict = false
    let report = try PrepareRun(options).start()
    #expect(report.added.map(\.id) == ["posts/a.md"])
    #expect(report.problems.map(\.line) == [3, 2, 1, 1])
    #expect(
      report.problems[2].description
        == "\(folder("posts/e.md")):1: found a link to nothing; expected a file. Correct the link, or remove it."
    )
    #expect(
      SourceProblem(file: "a.md", line: 1, problem: .unreadable(.permissionDenied)).description
        == "a.md:1: found that access is denied; expected a readable file. Give this user read access.")
    #expect(
      report.problems[1].description
        == "\(folder("posts/c.md")):2: found bytes that are not UTF-8; expected a text. "
        + "Save it as UTF-8, or leave it out.")
    #expect(report.ignored == ["png": 1])
  }

  @Test("A link to the folder of posts is followed, under its own name")
  func link() throws {
    try folder.put(Self.words, as: "posts/a.md")
    try FileManager.default.createSymbolicLink(
      atPath: folder("link"), withDestinationPath: folder("posts"))
    for name in ["link", "link/"] {
      let contents = try SourceFolder.read(folder(name))
      #expect(contents.pieces.map(\.id) == ["link/a.md"])
      #expect(contents.pieces.map(\.file) == [folder("link/a.md")])
    }
  }

  @Test("Personal data is listed with its line in the source, and replaced only when that is asked for")
  func redaction() throws {
    var options = options
    try folder.put(
      "---\ntitle: Mail ada@example.org\n---\nOne\n\nwrite to ada@example.org about the kettle\n",
      as: "posts/a.md")
    let kept = try PrepareRun(options).start()
    #expect(
      kept.sensitive.map { "\($0.place) \($0.note ?? "")" } == ["\(folder("posts/a.md")):6 e-mail address"])
    options.output = folder("redacted.jsonl")
    options.redacts = true
    let redacted = try PrepareRun(options).start()
    #expect(redacted.changes == [.redaction: 1])
    #expect(try !String(contentsOfFile: options.output, encoding: .utf8).contains("ada@"))

    // What was redacted has not changed at its source, whether it is redacted again or not; an edit has.
    for redacts in [true, false] {
      options.redacts = redacts
      let again = try PrepareRun(options).start()
      #expect(again.presentCount == 1 && again.changedAtSource.isEmpty && again.added.isEmpty)
    }
    try folder.put("One\n\nwrite to bob@example.org about the lamp\n", as: "posts/a.md")
    #expect(try PrepareRun(options).start().changedAtSource.count == 1)
  }

  @Test("A paragraph at the foot of three posts goes; a daily log carries its weight")
  func boilerplateAndLogs() throws {
    var options = options
    for name in ["a", "b", "c"] {
      try folder.put(
        "This is \(name) alone with \(name)1 \(name)2 \(name)3.\n\nSubscribe to my letter, it is free.",
        as: "logs/\(name).md")
    }
    options.paths = []
    options.dailyLogs = [folder("logs")]
    let report = try PrepareRun(options).start()
    #expect(report.changes == [.boilerplate: 3])
    let text = try String(contentsOfFile: options.output, encoding: .utf8)
    #expect(!text.contains("Subscribe"))
    #expect(text.components(separatedBy: #""weight":2.0"#).count == 4)
  }

  @Test("Posts whose last paragraph a third one makes boilerplate have not changed at their source")
  func laterBoilerplate() throws {
    for name in ["a", "b", "c"] {
      try folder.put(
        "# \(name)\n\nThis is \(name) alone with \(name)1 \(name)2 \(name)3.\n\nSubscribe to my letter, it is free.",
        as: "posts/\(name).md")
      if name == "b" { #expect(try PrepareRun(options).start().added.count == 2) }
    }
    let report = try PrepareRun(options).start()
    #expect(report.added.map(\.id) == ["posts/c.md"])
    #expect(report.changes == [.boilerplate: 1, .repeatedTitle: 1])
    #expect(report.presentCount == 2 && report.changedAtSource.isEmpty)
  }

  @Test("Each change has a word that an s makes several of", arguments: TextChange.allCases)
  func plurals(change: TextChange) {
    #expect(!change.noun.hasSuffix("s") && !change.noun.contains(" of "))
  }

  @Test("Pieces in another language than most are listed")
  func languages() throws {
    let english =
      "the cat and the dog of the house in that it was for on with as his he be at by this had not are"
    let german =
      "der Hund und die Katze das ist nicht ein eine ich zu den mit sich auf dem für von im des es war"
    try folder.put(english + " one " + english, as: "posts/a.md")
    try folder.put(english + " two or three more " + english, as: "posts/b.md")
    try folder.put(german + " " + german, as: "posts/c.md")
    #expect(
      try PrepareRun(options).start().otherLanguages.map { "\($0.id) \($0.note ?? "")" } == [
        "posts/c.md german"
      ])
  }

  @Test("Nothing to use, and an archive that is none, are errors that change nothing")
  func errors() throws {
    try folder.put("x", as: "posts/a.png")
    let empty = #expect(throws: PrepareError.self) { try PrepareRun(options).start() }
    #expect(
      empty?.description
        == "\(folder("posts")): found no piece that can be used; expected Markdown, text, HTML or an export. "
        + "Name the folder that holds the posts, or lower --min-words.")
    try folder.put(Self.words, as: "posts/a.md")
    try folder.put("{\"text\": \"a\"}\nnot json\n", as: "archive.jsonl")
    let broken = #expect(throws: PrepareError.self) { try PrepareRun(options).start() }
    #expect(broken == .notAnArchive(file: options.output, line: 2))
    #expect(try String(contentsOfFile: options.output, encoding: .utf8) == "{\"text\": \"a\"}\nnot json\n")
  }
}
