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
      name:
        "code by indentation, in lists and in quotations is not touched; what is indented within a list is text",
      markdown:
        "Java:\n\n    List<String> a = b[0](c);\n\n\tMap<K> d\n- e\n\n    <b>f</b>\n\n      <b>g</b>\n\n> ```\n> <b>\n> ```",
      text:
        "Java:\n\n    List<String> a = b[0](c);\n\n\tMap<K> d\n- e\n\n    **f**\n\n      <b>g</b>\n\n> ```\n> <b>\n> ```",
      changes: [.html: 2]),
    Case(
      name: "a definition goes on in lines that are indented as its text is",
      markdown: "a\n\n:   b\n\n    [c](d)\n\n        [e](f)\n\n:g\n\n    [h](i)",
      text: "a\n\n:   b\n\n    c\n\n        [e](f)\n\n:g\n\n    [h](i)", changes: [.linkTarget: 1]),
    Case(
      name: "three backticks in a sentence are no fence, and only a bare fence closes",
      markdown: "```a``` is [b](c)\n\n```\n```swift\n[d](e)\n```\n[f](g)",
      text: "```a``` is b\n\n```\n```swift\n[d](e)\n```\nf", changes: [.linkTarget: 2]),
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
      markdown: "a<!--><!-- more\n --> <script>x < y</script><em>b</em><br/>c 1 < 2",
      text: "a *b*\nc 1 < 2", changes: [.comment: 2, .navigation: 1, .html: 3]),
    Case(
      name: "what is no text on a page is none in Markdown, but for asides; a break in a table is a space",
      markdown:
        "<NAV><a>a</a></Nav><figure><figcaption>b</figcaption></figure>\n\n| c<br>d | e |\n|---|---|\n\nf<aside>g</aside> h",
      text: "| c d | e |\n|---|---|\n\nf\n\ng\n\nh", changes: [.navigation: 1, .embed: 1, .html: 5]),
    Case(
      name: "blocks of HTML are blocks of Markdown",
      markdown:
        "<h2 align=\"center\">\n  A\n</h2>\n<p>b.</p><p>c</p><ul>\n    <li>d</li>\n    <li>e<ol><li>f</li></ol></li></ul><table><tr><td>g</td><td>h</td></tr><tr><td>i</td></tr></table>\n<div>\n\n[j](k)\n\n</div>l",
      text: "## A\n\nb.\n\nc\n\n- d\n- e\n   1. f\n\ng h\ni\n\nj\n\nl", changes: [.html: 30, .linkTarget: 1]),
    Case(
      name: "quotations in HTML are marked, within each other and without an end",
      markdown:
        "a<blockquote>\n\n*b*\nc\n\n<blockquote><p>d</p></blockquote></blockquote>e\n- <blockquote><p>f</p></blockquote>\n\n<blockquote>g",
      text: "a\n\n> *b*\n> c\n>\n> > d\n\ne\n- > f\n\n> g", changes: [.html: 11]),
    Case(
      name: "tags within the marks of quotations and items stay behind them",
      markdown: "> <p>a</p><p>b</p>\n> c\n\n- <p>d</p>\n- <pre>e\nf</pre>",
      text: "> a\n>\n> b\n> c\n\n- d\n\n- ```\n  e\n  f\n  ```", changes: [.html: 7]),
    Case(
      name: "blocks of HTML stay within the items they are in, and those behind them where they are",
      markdown:
        "- a <p>b</p>\n  - c\n    - <div>d</div>\n      e\n- f<blockquote><p>g</p><p>h</p></blockquote>\n  i\n\nj\n\n1. k\n\n   <pre>l\nm</pre>\n\nn<p>o</p>\n\n> - p <p>q</p> r<hr>s\n\n<ul><li><p>t</p><p>u</p></li><li>v</ul>",
      text:
        "- a\n\n  b\n\n  - c\n    - d\n\n      e\n- f\n\n  > g\n  >\n  > h\n\n  i\n\nj\n\n1. k\n\n   ```\n   l\n   m\n   ```\n\nn\n\no\n\n> - p\n>\n>   q\n>\n>   r\n>\n>   * * *\n>\n>   s\n\n- t\n\n   u\n\n- v",
      changes: [.html: 25]),
    Case(
      name: "preformatted HTML and highlight blocks become code that nothing in them closes",
      markdown:
        "a <pre><code>b &lt; <i>c</i>\n\n    ```</code></pre>d\n{% highlight x %}\n```\ne\n{% endhighlight %}\nf {% highlight y %}",
      text: "a\n\n````\nb < c\n\n    ```\n````\n\nd\n\n````x\n```\ne\n````\n\nf",
      changes: [.html: 1, .shortcode: 2]),
    Case(
      name: "icons, exponents and the numbers of notes",
      markdown:
        "a<i class=\"fa\"></i><b></b> <i></b> 10<sup>3</sup> 1<sup>st</sup> b<sup><a href=\"#n\">1</a></sup>",
      text: "a *** 10^3 1st b", changes: [.html: 11]),
    Case(
      name: "addresses lose what follows readers, and go where they stand alone; in a sentence they stay",
      markdown:
        "At https://a.b/c?utm_source=x&id=2 now\nhttps://youtu.be/x\n<https://youtu.be/y>\nsee <https://a.b/(c)?fbclid=x&d#e>, [https://f.g](https://f.g) and\n[https://f.g](https://f.g) end",
      text: "At https://a.b/c?id=2 now\nsee https://a.b/(c)?d#e, https://f.g and\nhttps://f.g end",
      changes: [.tracking: 2, .embed: 2, .linkTarget: 3]),
    Case(
      name: "links and images by a name that is defined; other brackets stay",
      markdown:
        "[The\n atlantic] and [*b*][], ![C] [d] `[c]` [Video] [gallery]\n\n[the Atlantic]: https://a.b/\n[B]: /b\n[c]: /c\n[video]: /d",
      text: "The\n atlantic and *b*,  [d] `[c]` Video", changes: [.linkTarget: 7, .embed: 1, .shortcode: 1]),
    Case(
      name: "definitions start a paragraph and have an address and a title; other lines are dialogue",
      markdown:
        "[Q]: What of [TCP]/IP?\n[Ann]: I like X/Y.\n\n[a], [b] [c][] [d] [f]\n[f]: no\n\n[a]: #x\n  [b]:\n<y z>\n  'one\n two'\n[c]: /v (w)\n[d]: /u t\n\n- [e]\n\n  [e]: w \"s\"\n  r\n\n[\\[g]: q \"p\" o",
      text:
        "[Q]: What of [TCP]/IP?\n[Ann]: I like X/Y.\n\na, b c [d] [f]\n[f]: no\n\n[d]: /u t\n\n- e\n\n  r\n\n[\\[g]: q \"p\" o",
      changes: [.linkTarget: 8]),
    Case(
      name: "entities become characters, but in code, and no marks",
      markdown:
        "&nbsp;&nbsp;It&rsquo;s na&iuml;ve &rarr; &#146;&#x41; &x; AT&T `&amp;`\n\n    &lt;\n\n&gt; 1 &gt; 0",
      text: "It’s naïve → ’A &x; AT&T `&amp;`\n\n    &lt;\n\n\\> 1 > 0", changes: [:]),
    Case(
      name: "a < that starts no tag is text, and what stands in quotes ends no tag",
      markdown:
        "If i<b and more,\n\n- c\n- k->n\n\n> When x <y holds\n\nd <e\n\nf='>'> <g h=i\"j> <k\n<l> m <img alt=\"n > o\"\n src='p' q r=s/> t</u\n > <v\n\nw=\"x\"> <http://y\nz> <i j='k\n \nl'> <b c='\n'>m",
      text:
        "If i<b and more,\n\n- c\n- k->n\n\n> When x <y holds\n\nd <e\n\nf='>'> <g h=i\"j> <k\n m  t <v\n\nw=\"x\"> <http://y\nz> <i j='k\n\nl'> **m",
      changes: [.html: 3, .embed: 1]),
    Case(
      name: "comments end, start a line, or are text",
      markdown:
        "a <!-- b <!-- c\n\nd --> e <!-- f\n-->\n\n<!-- g\n\nh --> i\n\n<p><!-- j\n\nk --></p>\n\nl\n- <!-- m\n\nn",
      text: "a <!-- b <!-- c\n\nd --> e\n\n i\n\nl\n-", changes: [.comment: 4, .html: 2]),
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

  @Test("In MDX statements and comments go, and what is indented is no code")
  func mdx() {
    let text =
      "\nimport A from 'a'\nexport const b = 1\n\n<A b={{ c: 1 > 0 }} {...d}>\n\n    [c](d)\n\n</A>\n\nexport const e = {\n  f: 1,\n\n  // it's {\n  f: ['}', `{\n\n`],\n\n  /* { */ f: 2\n}\n\ng {/* [h] \n\n */ }i {/* j } k\nimport h"
    let result = MarkdownCleaner.clean(text, as: .mdx)
    #expect(result.text == "    c\n\ng i {/* j } k\nimport h")
    #expect(result.changes == [.shortcode: 2, .html: 2, .linkTarget: 1, .comment: 1])
    #expect(MarkdownCleaner.clean("export const a = {\n\nb", as: .mdx).text == "b")
    #expect(MarkdownCleaner.clean("import taxes rose {/* a */}").text == "import taxes rose {/* a */}")
  }

  @Test("Markup that is left over is found outside of code and quotations, unknown entities too")
  func leftover() {
    let text = "a &x; b\n> &x;\n\n`&x;`\nAT&T; c\n{% d\ne & f; g\n\n    h](i)\n- ```\n  </j>\n"
    #expect(LeftoverMarkup.lines(in: text, dialect: .markdown) == ["a &x; b", "AT&T; c", "{% d"])
    #expect(LeftoverMarkup.lines(in: text, dialect: .mdx) == ["a &x; b", "AT&T; c", "{% d", "h](i)"])
  }

  @Test("A changed line is found by a part of it that stands nowhere else, or not at all")
  func changedLine() {
    let piece = SourcePiece(
      id: "a", file: "a", line: 4, format: .markdown,
      body: "one two three AT&amp;T four five six\n\none two three &x; of six words AT&amp;T &amp; &x; more\n"
    )
    #expect(piece.line(of: "one two three &x; of six words AT&T & &x; more") == 6)
    #expect(piece.line(of: "one two three AT&T four five six") == 4)
    #expect(piece.line(of: "one two three AT&T & &x;") == nil)
    #expect(piece.line(of: "&") == 4)
    #expect(PrepareReport.Piece(piece, line: nil, "b").place == "a")
  }

  static let spans: [(text: String, parts: [String])] = [
    (
      "é one\n> two\n> three\n\nfour\n```\n> five\n```\nsix",
      ["> two\n> three\n", "```\n> five\n```\n"]
    ),
    // A quotation's paragraph goes on in lines without its mark; a heading or a fence does not.
    ("> one\ntwo\n\nthree", ["> one\ntwo\n"]),
    ("> - one\ntwo\n# three\nfour", ["> - one\ntwo\n"]),
    ("> ```\n> one\ntwo", ["> ```\n> one\n"]),
    ("> # one\ntwo", ["> # one\n"]),
    // Fences within lists, and what is none.
    ("- ```\n  one\n  ```\n\ntwo", ["- ```\n  one\n  ```\n"]),
    (
      "10. one\n\n    ~~~\n    ```\n    ~~~ two\n    ~~~~\nthree",
      ["    ~~~\n    ```\n    ~~~ two\n    ~~~~\n"]
    ),
    ("- one\n\n  ```\n  two\nthree\n", ["  ```\n  two\n"]),
    ("```one``` two\nthree", []),
    ("    ```\none", []),
    ("````\n```\n````swift\n```` \none", ["````\n```\n````swift\n```` \n"]),
  ]

  @Test("Quotations and fenced code are the protected spans, in bytes", arguments: spans)
  func protectedSpans(text: String, parts: [String]) {
    #expect(Self.parts(of: text) == parts)
  }

  @Test("In plain text only fences and lines that start with > are protected")
  func plainSpans() {
    #expect(Self.parts(of: "> one\ntwo\n- > three\n```\nfour", dialect: .plain) == ["> one\n", "```\nfour"])
  }

  private static func parts(of text: String, dialect: MarkdownLines.Dialect = .markdown) -> [String] {
    ProtectedSpans.ranges(in: text, dialect: dialect).map {
      String(decoding: Array(text.utf8)[$0], as: UTF8.self)
    }
  }
}
