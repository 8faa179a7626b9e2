import Testing

@testable import Prepare

@Suite("The first sentence")
struct OpeningSentenceTests {
  static let sentences: [(text: String, sentence: String?)] = [
    ("One two. Three.", "One two."),
    (
      "A sentence that goes\non in the next line. Another.\n\nThird.",
      "A sentence that goes on in the next line."
    ),
    (
      "Mr. Smith of the U.S. Navy met J. P. Doe on the 3. and 31. Mai, e.g. twice. Then",
      "Mr. Smith of the U.S. Navy met J. P. Doe on the 3. and 31. Mai, e.g. twice."
    ),
    ("*“Why?”* she asked, etc. “Well!” Then", "“Why?” she asked, etc. “Well!”"),
    ("It was in 2019. Then", "It was in 2019."),
    (
      "## Head\n\n- item. x\n\n```\nimport os\n```\n> quoted\nlazily.\n\n    code\n\n| a |\n\n1999 came. Went",
      "1999 came."
    ),
    ("Head\n===\n\nOther head\n---\ntext", "text"),
    ("- item\n\n  more", nil),
    (String(repeating: "word ", count: 40), String(repeating: "word ", count: 29) + "word"),
    ("", nil),
  ]

  @Test(
    "It is that of the first paragraph of the writer's own, over its lines and abbreviations",
    arguments: sentences)
  func sentence(text: String, sentence: String?) {
    #expect(OpeningSentence.of(text, dialect: .markdown) == sentence)
  }

  @Test("In plain text indentation and bullets mean nothing")
  func plain() {
    #expect(OpeningSentence.of("> a\n    Indented text. B", dialect: .plain) == "Indented text.")
  }
}
