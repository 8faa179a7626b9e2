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
      name: "code in lists and quotations keeps their marks on every line, and a fence in it stays within",
      html:
        "<ol><li><pre>a\n\n```\nb</pre></li></ol><blockquote><p>c<pre>d<br>e<br/>f</pre></blockquote><p>g",
      markdown: "1. ````\n   a\n\n   ```\n   b\n   ````\n\n> c\n>\n> ```\n> d\n> e\n> f\n> ```\n\ng",
      changes: [:]),
    Case(
      name: "code in a sentence may have backticks, and is not emphasised; a rule of tildes is no fence",
      html: "<p><code>``</code> a <code>b\n<b>c</b></code><p><code>d<br>e</code><p>~~~~<p>f",
      markdown: "``` `` ``` a `b c`\n\n`d`\n`e`\n\n\\~~~~\n\nf", changes: [:]),
    Case(
      name: "one break ends a line, two a paragraph",
      html: "a<br><br>\nb<br>c<ul><li>d<br/><br/>e</li></ul>",
      markdown: "a\n\nb\nc\n\n- d\n\n  e", changes: [:]),
    Case(
      name: "items and emphasis without a word leave no mark, nor do ends without a start",
      html: "<ul><li><figure><img></figure></li></ul><p>a<i class=\"fa\"></i><b> b</b> c</i><ol><li></ol>d",
      markdown: "a **b** c\n\nd", changes: [.embed: 1]),
    Case(
      name: "quotations in items, items in quotations, and two quotations",
      html:
        "<ul><li>a<blockquote>b</blockquote><li>c</ul><blockquote><ol><li>d<p>e</ol></blockquote><blockquote>f",
      markdown: "- a\n\n  > b\n\n- c\n\n> 1. d\n>\n>    e\n\n> f", changes: [:]),
    Case(
      name: "the numbers of notes go, exponents and ordinals stay",
      html:
        "<p>a<a class=\"footnote-anchor\" href=\"#f\">1</a> b<sup><a href=\"#g\">2</a></sup> c<a href=\"#h\"><sup>3</sup></a> d<sup>[4]</sup> 10<sup>3</sup> 1<sup>st</sup>",
      markdown: "a b c d 10^3 1st", changes: [.navigation: 4]),
    Case(
      name: "calls to subscribe and cards of other pages go with all that is in them, where they have an end",
      html:
        "<p>a</p><p class=\"x button-wrapper\"><a>Subscribe</a></p><div class=\"subscription-widget-wrap\"><div><p>Thanks</p></div><p>for</p></div><figure class=\"kg-card kg-bookmark-card\"><a><div>Title</div></a><figcaption>x</figcaption></figure><p>b<p class=\"button-wrapper\">c",
      markdown: "a\n\nb\n\nc", changes: [.navigation: 2, .embed: 1]),
    Case(
      name: "scripts, navigation, frames, images and addresses go",
      html:
        "<NAV><a href='/'>Home</a></NAV><p>a <a href=\"b>c\">d</a><img src=x></p><script>if (1 < 2) \"</p>\"</script><iframe src=y></iframe><!-- z -->e",
      markdown: "a d\n\ne", changes: [.navigation: 2, .linkTarget: 1, .embed: 2, .comment: 1]),
    Case(
      name: "what reads like the mark of a quotation or heading is none; one of a list is left as it is",
      html:
        "<p>&gt; a &gt; b</p><p># c<br>&gt;d</p><ul><li>## e</ul><p>#f<p>1. g<p>- h<h2># i</h2><p><b>&gt; j</b>",
      markdown: "\\> a > b\n\n\\# c\n\\>d\n\n- \\## e\n\n#f\n\n1. g\n\n- h\n\n## # i\n\n**> j**",
      changes: [:]),
    Case(
      name: "what is no tag is text; only a quote behind a = hides the end of one",
      html: "1 < 2 <3 &amp & <i <b>a</b> <p title=it's>b <q x = '>'>c</q> <a href=\"<a ",
      markdown: "1 < 2 <3 &amp & <i **a**\n\nb c <a href=\"<a", changes: [:]),
  ]

  @Test("What is voice becomes Markdown, the rest goes and is counted", arguments: cases)
  func convert(_ example: Case) {
    let result = HTMLConverter.markdown(of: example.html)
    #expect(result.text == example.markdown)
    #expect(result.changes == example.changes)
  }

  @Test(
    "Behind code in lists and quotations, and behind rules of tildes, the text is the writer's own",
    arguments: [
      "<ul><li><pre>code</pre></li></ul>", "<blockquote><pre>code</pre></blockquote>", "<pre>```\ncode</pre>",
      "<p>~~~</p>", "<p>&gt; my reply</p>", "<p>&gt; mine<br>",
      "<ol><li>a<ul><li>b<pre>code\n\ncode</pre></ol>", "<p><code>``</code> is code</p>",
    ])
  func ownWords(html: String) {
    let text = HTMLConverter.markdown(of: html + "<p>My own words</p>").text
    let spans = ProtectedSpans.ranges(in: text).map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
    #expect(text.hasSuffix("\n\nMy own words"))
    #expect(!spans.joined().contains("My own words"))
    #expect(html.contains("<pre>") == spans.joined().contains("code"))
  }

  @Test(
    "Entities are those of HTML, by name and by number",
    arguments: [
      ("&quot;&iuml;&yuml;&alpha;&hearts;&apos;&zwnj;", "\"ïÿα♥'\u{200C}"),
      ("a&nbsp;b&shy;c&#160;d&#xad;e", "a bc de"),
      ("&#128;&#x9F;&#145;", "€Ÿ‘"), ("&#0;&#xD800;&#99999999999;", "\u{FFFD}\u{FFFD}\u{FFFD}"),
      ("&#;&#x;&#12a;&b &;", "&#;&#x;&#12a;&b &;"),
    ])
  func entities(text: String, decoded: String) { #expect(HTMLEntities.decoded(text) == decoded) }

  @Test("Marks within each other are bounded, in HTML and in Markdown")
  func depth() {
    for tags in ["<blockquote>", "<ul><li>"] {
      let html = String(repeating: tags + "a ", count: 2000)
      #expect(HTMLConverter.markdown(of: html).text.utf8.count < 2000 * 300)
      #expect(MarkdownCleaner.clean(html).text.utf8.count < 2000 * 300)
    }
  }

  @Test("Tags that the writer shows stay, and shortcodes between tags go")
  func shown() {
    let piece = SourcePiece(
      id: "a", file: "a", line: 1, format: .html, body: "<p>Use &lt;b&gt; or [x](y). [gallery]</p>")
    #expect(PreparedPiece.cleaned(piece).text == "Use <b> or [x](y).")
  }

  static let wordPress = [
    ("a\n\nb <em>c</em>", "a\n\nb *c*"),
    ("roses\nviolets\r\n \r\nb\n\u{A0}c", "roses\nviolets\n\nb\nc"),
    // The old editor stores a tag for an aligned paragraph, and none for those around it.
    ("a\n\n<p class=\"x\">b\n\nc</p>\nd\ne", "a\n\nb c\n\nd\ne"),
    ("a\n\nb\n<pre>c\n  d</pre>\ne", "a\n\nb\n\n```\nc\n  d\n```\n\ne"),
    ("<table><tr>\n<td>a</td>\n<td>b</td>\n</tr></table>\nc\nd", "a b\n\nc\nd"),
    ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>\nc", "- a\n- b\n\nc"),
    ("<!-- wp:list --><div>a\nb</div>", "a b"),
    (
      "a\n[code lang=\"x\"]\nb <i>\n\nc &lt; d[/code]\ne [codex]",
      "a\n\n```\nb <i>\n\nc < d\n```\n\ne [codex]"
    ),
    ("[sourcecode]a[/sourcecode] [code]b", "```\na\n```\n\n[code]b"),
  ]

  @Test(
    "Ends of lines are the writer's in what WordPress's old editor stored, and only there",
    arguments: wordPress)
  func lines(html: String, markdown: String) {
    #expect(HTMLConverter.markdown(of: html, isWordPress: true).text == markdown)
  }

  @Test("Elsewhere the ends of lines are white space")
  func otherLines() { #expect(HTMLConverter.markdown(of: "a\n\nb\nc").text == "a b c") }

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
