import Testing

@testable import Files

@Suite("The front matter above a text")
struct FrontMatterBlockTests {
  /// What is read from a text: the source with its line, and the body with its line.
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    var language = FrontMatterBlock.Language.yaml
    var source = "title: x\n"
    var sourceLine = 2
    var body = "Body\n"
    var bodyLine = 4

    var testDescription: String { text.debugDescription }
  }

  static let cases = [
    Case(text: "---\ntitle: x\n---\nBody\n"),
    Case(text: "+++\ntitle = 1\n+++\nBody\n", language: .toml, source: "title = 1\n"),
    // White space behind the marks, and line ends of Windows.
    Case(
      text: "--- \t\r\ntitle: x\r\n---  \r\nBody\r\n", source: "title: x\r\n", body: "Body\r\n"),
    Case(text: "+++ \ntitle = 1\n+++\t\nBody\n", language: .toml, source: "title = 1\n"),
    Case(text: " \n\n---\ntitle: x\n---\nBody\n", sourceLine: 4, bodyLine: 6),
    // Three dots end YAML, not TOML.
    Case(text: "---\ntitle: x\n...\nBody\n"),
    Case(
      text: "+++\ntitle = 1\n...\n+++\nBody\n", language: .toml, source: "title = 1\n...\n", bodyLine: 5),
    // The first mark ends it, wherever the text has rules; one with more on its line is none.
    Case(text: "---\ntitle: x\n---\n\n---\n\n+++\n", body: "\n---\n\n+++\n"),
    Case(
      text: "---\ntitle: x\n--- y\n----\n---\n", source: "title: x\n--- y\n----\n", body: "", bodyLine: 6),
    Case(
      text: "---\na: |\n  One\n  ---\n\n  Two\n---", source: "a: |\n  One\n  ---\n\n  Two\n", body: "",
      bodyLine: 8),
    // Nothing in it.
    Case(text: "---\n---\nBody\n", source: "", bodyLine: 3),
    Case(text: "---\n\n---\nBody\n", source: "\n"),
    Case(text: "---\n# none\n---\nBody\n", source: "# none\n"),
    Case(text: "+++\n+++\nBody\n", language: .toml, source: "", bodyLine: 3),
    // Empty lines and comments before the first key; an empty line on one side alone.
    Case(
      text: "---\n# of the site\n\n  # : two\ntitle: x\n---\n",
      source: "# of the site\n\n  # : two\ntitle: x\n", body: "", bodyLine: 7),
    Case(text: "---\n\ntitle: x\n---\nBody\n", source: "\ntitle: x\n", bodyLine: 5),
    Case(text: "---\ntitle: x\n\n---\nBody\n", source: "title: x\n\n", bodyLine: 5),
  ]

  @Test("YAML and TOML are cut off with their lines", arguments: cases)
  func blocks(expected: Case) throws {
    let block = try #require(try FrontMatterBlock(Array(expected.text.utf8)))
    #expect(block.language == expected.language)
    #expect(String(decoding: block.source, as: UTF8.self) == expected.source)
    #expect(String(decoding: block.body, as: UTF8.self) == expected.body)
    #expect(block.sourceLine == expected.sourceLine && block.bodyLine == expected.bodyLine)
  }

  @Test(
    "A key of any form opens YAML",
    arguments: [
      "title:", "title : x", "Date created: x", "\"a: b\": c", "'k': x", "  title: x", "-x: y",
      "url: https://a.b",
      "{title: x}", "{ \"title\": \"x\" }", "{\"title\": 1}", "{",
    ])
  func keys(line: String) throws {
    #expect(try FrontMatterBlock(Array("---\n\(line)\n---\n".utf8)) != nil)
  }

  @Test(
    "A rule, and what stands below it, is text",
    arguments: [
      "Words.", "https://a.example", "- one: two", "> Note: x", "* one: two", "**Note:** x: y", "| a: b |",
      "[a]: https://a.example", "![a]: b", "{{< figure a: b >}}", "{% include a: b %}", "{: .a}", "{#a}: b",
      "? x: y", ": x",
    ])
  func rules(line: String) throws {
    for text in ["---\n\(line)\n", "---\n\(line)\n---\n", "---\n\n\(line)\n\n---\nMore.\n"] {
      #expect(try FrontMatterBlock(Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test(
    "Text apart from a rule, and a line that is no mark, open nothing",
    arguments: [
      "", "\n", "---", "---\n", "---\n\n", "---\n# A heading\n", "---\n\nNote: x\n",
      "---\n\nNote: x\n\n---\n",
      "---\n\n# Note\n\n---\n", "----\ntitle: x\n---\n", "--- title: x\n---\n", " ---\ntitle: x\n---\n",
      "- - -\ntitle: x\n---\n", "++++\n+++\n", "--\ntitle: x\n--\n", "Text\n---\ntitle: x\n---\n",
    ])
  func none(text: String) throws {
    #expect(try FrontMatterBlock(Array(text.utf8)) == nil)
  }

  @Test(
    "Front matter without an end is named with the line where it opens",
    arguments: [
      ("---\ntitle: x\n\nBody\n", "---", 1), ("\n\n---\n# x\ntitle: x\n --- \n", "---", 3),
      ("+++\n\nBody\n---\n", "+++", 1), ("+++", "+++", 1),
    ])
  func unclosed(text: String, mark: String, line: Int) throws {
    let error = #expect(throws: FrontMatterBlock.Unclosed.self) { try FrontMatterBlock(Array(text.utf8)) }
    #expect(error?.language.rawValue == mark && error?.line == line)
  }
}
