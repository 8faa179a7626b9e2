import Testing

@testable import Prepare

@Suite("Front matter")
struct FrontMatterTests {
  @Test("YAML gives scalars, lists and nested names, and the body its line")
  func yaml() throws {
    let text =
      "---\ntitle: \"A kettle: quiet\"\ndate: 2024-02-29\ntags: [tea, noise]\nparams:\n  Description: Why\n---\n\nBody\n"
    let (matter, body, line) = try FrontMatter.split(text, file: "a.md")
    #expect(
      matter.fields == [
        "title": ["A kettle: quiet"], "date": ["2024-02-29"], "tags": ["tea", "noise"],
        "params.description": ["Why"],
      ])
    #expect(body == "\nBody\n")
    #expect(line == 8)
  }

  @Test("TOML gives the same: strings of four kinds, lists over lines, tables, inline tables, bare values")
  func toml() throws {
    let text = #"""
      +++
      title = "A \"kettle\" \u00e9"  # quoted
      path = 'C:\tea'
      date = 2024-02-29T10:00:00Z
      draft = true
      tags = [
        "tea",  # one
        'noise',
      ]
      summary = """
      Two
      lines"""
      author = { name = "Ada", "e mail" = 'x' }
      [params]
      description = "Why"
      +++
      Body
      """#
    let (matter, body, line) = try FrontMatter.split(text, file: "a.md")
    #expect(
      matter.fields == [
        "title": ["A \"kettle\" é"], "path": [#"C:\tea"#], "date": ["2024-02-29T10:00:00Z"],
        "draft": ["true"], "tags": ["tea", "noise"], "summary": ["Two\nlines"], "author.name": ["Ada"],
        "author.e mail": ["x"], "params.description": ["Why"],
      ])
    #expect(matter.isDraft)
    #expect(body == "Body")
    #expect(line == 17)
  }

  @Test("TOML: quotes before those that close, lines that go on, dotted keys, tables of lists, other cases")
  func tomlForms() throws {
    let text = #"""
      a = """"One" \"\"\"two\"\"\" ""three"""""
      b = ''''it's''''
      c = """\\#u{20}\#u{20}
        One \

        two"""
      D.e = 1
      d.E = 2
      empty = {}
      [[f]]
      g = 1
      [f.h]
      i = 1
      [[f]]
      g = 2
      [f.h]
      i = 2
      """#
    let (matter, _, _) = try FrontMatter.split("+++\n\(text)\n+++\n", file: "a.md")
    #expect(
      matter.fields == [
        "a": [#""One" """two""" ""three"""#], "b": ["'it's'"], "c": ["One two"], "d.e": ["1", "2"],
        "f.g": ["1", "2"], "f.h.i": ["1", "2"],
      ])
  }

  @Test(
    "A rule above a text is no front matter",
    arguments: ["---\n\nBody", "Body", "----\nBody\n---\n", "---\nBody\n---\n", "---\n\nA: Body\n\n---\n"])
  func none(text: String) throws {
    let (matter, body, line) = try FrontMatter.split(text, file: "a.md")
    #expect(matter.fields.isEmpty)
    #expect(body == text)
    #expect(line == 1)
  }

  @Test("Lists in both forms, block scalars, quotes, escapes, comments and nothing at all")
  func yamlForms() throws {
    let text = #"""
      # of the site
      folded: >-
        One
        line
      literal: |
        Two

        ---
        lines
      list: ["a, b", 'it''s', # one
        c]
      block:
      - "\u00e9\t\"\U0001F4A1\""
      - plain # comment
      - a#b
      url: https://a.example/b
      time: 10:30
      none:
      tilde: ~
      quoted: "null"
      "a: b": c
      Tags: one
      tags: two
      """#
    let (matter, _, line) = try FrontMatter.split("\n---\n\(text)\n...\nBody\n", file: "a.md")
    #expect(
      matter.fields == [
        "folded": ["One line"], "literal": ["Two\n\n---\nlines\n"], "list": ["a, b", "it's", "c"],
        "block": ["é\t\"\u{1F4A1}\"", "plain", "a#b"], "url": ["https://a.example/b"], "time": ["10:30"],
        "none": [], "tilde": [], "quoted": ["null"], "a: b": ["c"], "tags": ["one", "two"],
      ])
    #expect(line == 27)
    for text in ["---\n---\nBody", "---\n# none\n---\nBody", "+++\n# none\n+++\nBody"] {
      let (matter, body, _) = try FrontMatter.split(text, file: "a.md")
      #expect(matter == FrontMatter() && body == "Body")
    }
  }

  static let bad = [
    (
      "---\ntitle: [a\n---\n",
      "a.md:3: found no YAML (did not find expected ',' or ']') in the front matter; "
        + "expected YAML such as \"title: A kettle\". Correct the line."
    ),
    (
      "---\ntitle: a\n",
      "a.md:1: found front matter without an end; expected a line \"---\" below it. Close it."
    ),
    (
      "+++\ntitle = kettle\n+++\n",
      "a.md:2: found \"k\" in the front matter; expected a value; texts stand in quotes. Correct the line."
    ),
    (
      "+++\na = 1\ntitle \"x\"\n+++\n",
      "a.md:3: found \"\"\" in the front matter; expected \"=\". Correct the line."
    ),
    (
      "+++\ntitle = \"x\n+++\n",
      "a.md:2: found a text without its closing quote in the front matter; expected one of the same kind. "
        + "Correct the line."
    ),
    (
      "+++\na = 1\nx = \(String(repeating: "[", count: 200_000))\n+++\n",
      "a.md:3: found a value within 100 others in the front matter; expected at most 100 within each other. "
        + "Correct the line."
    ),
    (
      "+++\ntags = [\"x\" \"y\"]\n+++\n",
      "a.md:2: found \"\"\" in the front matter; expected \",\" or \"]\". Correct the line."
    ),
    (
      "\n---\na: x\ntitle: x\ntitle: y\n---\n",
      "a.md:4: found the key \"title\" twice in the front matter; expected each key once. Correct the line."
    ),
    (
      "---\na: é\nb: \u{7}\n---\n",
      "a.md:3: found no YAML (control characters are not allowed) in the front matter; "
        + "expected YAML such as \"title: A kettle\". Correct the line."
    ),
    (
      "+++\ntitle = 'x'\na.b = 1\na.b = 2\n+++\n",
      "a.md:4: found the key \"a.b\" twice in the front matter; expected each key once. Correct the line."
    ),
    (
      "+++\n[a]\nx = 1\n[a]\n+++\n",
      "a.md:4: found the key \"a\" twice in the front matter; expected each key once. Correct the line."
    ),
    (
      "+++\na = [{x = 1}, {x = 1, x = 2}]\n+++\n",
      "a.md:2: found the key \"x\" twice in the front matter; expected each key once. Correct the line."
    ),
    (
      "+++\na = \"x \\\n  y\"\n+++\n",
      "a.md:2: found a text without its closing quote in the front matter; expected one of the same kind. "
        + "Correct the line."
    ),
    (
      "+++\na = \"\\u+041\"\n+++\n",
      "a.md:2: found the escape \"\\u+041\" in the front matter; expected the number of a character. "
        + "Correct the line."
    ),
  ]

  @Test("What cannot be read is named with its line", arguments: bad)
  func problems(text: String, message: String) {
    let error = #expect(throws: SourceProblem.self) { try FrontMatter.split(text, file: "a.md") }
    #expect(error?.description == message)
  }
}
