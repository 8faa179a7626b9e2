import Testing

@testable import Prepare

@Suite("HTML to Markdown")
struct HTMLConverterTests {
  struct Case: CustomTestStringConvertible {
    let name: String
    let html: String
    let markdown: String
    let changes: [TextChange: Int]
    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "headings, paragraphs, emphasis and entities",
      html:
        "<h2>A &amp; b</h2>\n<p>One <em>two</em>\n <strong>three</strong>&#8212;four &x;.</p><p>Five<br>six</p>",
      markdown: "## A & b\n\nOne *two* **three**—four &x;.\n\nFive\nsix", changes: [:]),
    Case(
      name: "lists within lists, numbered and not",
      html: "<ul><li>a</li><li><p>b</p><ol><li>c</li><li>d</li></ol></li></ul><p>e",
      markdown: "- a\n- b\n\n  1. c\n  2. d\n\ne", changes: [:]),
    Case(
      name: "quotations and code",
      html:
        "<blockquote><p>a</p><p>b</p></blockquote><pre><code>x &lt; y\n  z</code></pre><p>c <code>d</code></p>",
      markdown: "> a\n>\n> b\n\n```\nx < y\n  z\n```\n\nc `d`", changes: [:]),
    Case(
      name: "scripts, navigation, frames, images and addresses go",
      html:
        "<NAV><a href='/'>Home</a></NAV><p>a <a href=\"b>c\">d</a><img src=x></p><script>if (1 < 2) \"</p>\"</script><iframe src=y></iframe><!-- z -->e",
      markdown: "a d\n\ne", changes: [.navigation: 2, .linkTarget: 1, .embed: 2, .comment: 1]),
    Case(name: "what is no tag is text", html: "1 < 2 <3 &amp &", markdown: "1 < 2 <3 &amp &", changes: [:]),
  ]

  @Test("What is voice becomes Markdown, the rest goes and is counted", arguments: cases)
  func convert(_ example: Case) {
    let result = HTMLConverter.markdown(of: example.html)
    #expect(result.text == example.markdown)
    #expect(result.changes == example.changes)
  }

  @Test("Tags that the writer shows stay, and shortcodes between tags go")
  func shown() {
    let piece = SourcePiece(
      id: "a", file: "a", line: 1, format: .html, body: "<p>Use &lt;b&gt; or [x](y). [gallery]</p>")
    #expect(PreparedPiece.cleaned(piece).text == "Use <b> or [x](y).")
  }

  @Test("Empty lines part paragraphs in what WordPress's old editor stored, and only there")
  func wordPress() {
    #expect(HTMLConverter.markdown(of: "a\n\nb <em>c</em>", isWordPress: true).text == "a\n\nb *c*")
    #expect(HTMLConverter.markdown(of: "a\n\nb").text == "a b")
    #expect(HTMLConverter.markdown(of: "a\r\n \r\nb\n\u{A0}c", isWordPress: true).text == "a\n\nb c")
    #expect(HTMLConverter.markdown(of: "<p>a\n\nb</p>", isWordPress: true).text == "a b")
  }

  @Test("A page gives its article, title, date and description")
  func page() {
    let html = """
      <html><head><title>A &amp; B</title><meta name="description" content="Why"></head>
      <body><nav>Home</nav>
      <article><time datetime="2024-02-29">x</time><p>Body</p></article><footer>c</footer></body></html>
      """
    let piece = HTMLPage.piece(html, file: "a.html", id: "a.html")
    #expect(piece.title == "A & B")
    #expect(piece.excerpt == "Why")
    #expect(piece.date == "2024-02-29")
    #expect(piece.line == 3)
    #expect(HTMLConverter.markdown(of: piece.body).text == "x\n\nBody")
  }
}
