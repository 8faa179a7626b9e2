import Testing

@testable import Prepare

@Suite("Cleaning Markdown")
struct MarkdownCleanerTests {
  struct Case: CustomTestStringConvertible {
    let name: String
    let markdown: String
    let text: String
    let changes: [TextChange: Int]
    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "voice stays", markdown: "## A head\n\n*One* **two**\n\n- a\n- b\n\n> said\n",
      text: "## A head\n\n*One* **two**\n\n- a\n- b\n\n> said", changes: [:]),
    Case(
      name: "code is not touched", markdown: "```\n{{ x }} <b>\n```\nand `{{ y }}` ``a`b``",
      text: "```\n{{ x }} <b>\n```\nand `{{ y }}` ``a`b``", changes: [:]),
    Case(
      name: "shortcodes of Hugo, Jekyll, kramdown and WordPress",
      markdown: "a {{< figure src=\"x\" >}}b\n{% include c.html %}\n{: .note}\n[gallery ids=\"1\"]\nd",
      text: "a b\n\nd", changes: [.shortcode: 4]),
    Case(
      name: "a highlight block becomes fenced code",
      markdown: "{% highlight swift %}\nlet a = 1\n{% endhighlight %}", text: "```swift\nlet a = 1\n```",
      changes: [.shortcode: 1]),
    Case(
      name: "links leave their words, images nothing",
      markdown:
        "See [the *old* one](http://a.b/c(d)) and [it][1]. ![x](y.png)[^2]\n\n[1]: http://e.f/\n[^2]: A note.",
      text: "See the *old* one and it. [^2]\n\n[^2]: A note.", changes: [.linkTarget: 3, .embed: 1]),
    Case(
      name: "comments, scripts and tags",
      markdown: "a<!-- more\n --> <script>x < y</script><em>b</em><br/>c 1 < 2",
      text: "a *b*\nc 1 < 2", changes: [.comment: 1, .embed: 1, .html: 3]),
    Case(
      name: "addresses lose what follows readers, and go where they stand alone",
      markdown: "At https://a.b/c?utm_source=x&id=2 now\nhttps://youtu.be/x\nend",
      text: "At https://a.b/c?id=2 now\nend",
      changes: [.tracking: 1, .embed: 1]),
    Case(
      name: "unclosed marks stay as they are", markdown: "a [b (c {{ d `e ![f <g",
      text: "a [b (c {{ d `e ![f <g",
      changes: [:]),
  ]

  @Test("Plumbing goes, voice stays, and every change is counted", arguments: cases)
  func clean(_ example: Case) {
    let result = MarkdownCleaner.clean(example.markdown)
    #expect(result.text == example.text)
    #expect(result.changes == example.changes)
  }

  @Test("Quotations and fenced code are the protected spans, in bytes")
  func spans() {
    let text = "é one\n> two\n> three\nfour\n```\n> five\n```\nsix"
    let parts = ProtectedSpans.ranges(in: text).map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
    #expect(parts == ["> two\n> three\n", "```\n> five\n```\n"])
  }
}
