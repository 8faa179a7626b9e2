import Testing
import TestSupport

@testable import Prepare

@Suite("Exports of publishing systems")
struct ExportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func item(_ id: Int, status: String = "publish", type: String = "post") -> String {
    """
    <item><title>Post &amp; \(id)</title><guid isPermaLink="false">https://a.b/?p=\(id)</guid>
    <category domain="post_tag"><![CDATA[tag]]></category><category domain="category"><![CDATA[Essays]]></category>
    <category domain="category"><![CDATA[Life]]></category>
    <content:encoded><![CDATA[<!-- wp:paragraph -->
    <p>Body <b>\(id)</b> ]]]]><![CDATA[> end</p>[gallery]]]></content:encoded>
    <excerpt:encoded><![CDATA[Why]]></excerpt:encoded><wp:post_date><![CDATA[2024-02-29 10:00:00]]></wp:post_date>
    <wp:post_type><![CDATA[\(type)]]></wp:post_type><wp:status><![CDATA[\(status)]]></wp:status></item>

    """
  }

  private static let head =
    "<?xml version=\"1.0\"?>\n<rss xmlns:wp=\"http://wordpress.org/export/1.2/\"><channel><title>Site</title>\n"

  @Test("WordPress: posts with their fields and lines; attachments are no pieces, and a draft says so")
  func wordPress() throws {
    let path = try folder.put(
      Self.head + Self.item(1) + Self.item(2, type: "attachment") + Self.item(3, status: "draft")
        + "</channel></rss>",
      as: "site.xml")
    let contents = try SourceFolder.read(path)
    #expect(contents.problems == [])
    #expect(contents.pieces.map(\.id) == ["wordpress:https://a.b/?p=1", "wordpress:https://a.b/?p=3"])
    #expect(contents.pieces.map(\.isDraft) == [false, true])
    let piece = try #require(contents.pieces.first)
    #expect(piece.title == "Post & 1")
    #expect(piece.kind == "Essays")
    #expect(piece.excerpt == "Why")
    #expect(piece.date == "2024-02-29 10:00:00")
    #expect(piece.line == 6)
    #expect(PreparedPiece.cleaned(piece).text == "Body **1** ]]> end")
  }

  @Test("WordPress: an export that stops within a post keeps those before, and names the line of that post")
  func cutShort() throws {
    let path = try folder.put(Self.head + Self.item(1) + "<item><title>Post 2</title>", as: "site.xml")
    let contents = try SourceFolder.read(path)
    #expect(contents.pieces.count == 1)
    #expect(
      contents.problems.map(\.description) == [
        "\(path):10: found the end of the file inside this post; expected a whole export. Export it again."
      ])
  }

  @Test("Ghost: posts with their first tag")
  func ghost() throws {
    let path = try folder.put(
      #"""
      {"db": [{"data": {"posts": [
        {"id": 1, "uuid": "u1", "title": "A", "html": "<p>Body</p>", "status": "published", "custom_excerpt": "Why",
         "published_at": "2024-02-29T10:00:00.000Z", "type": "post"},
        {"id": 2, "title": "B", "html": null, "plaintext": "Plain", "status": "draft"}],
       "tags": [{"id": "t", "name": "Notes"}], "posts_tags": [{"post_id": 1, "tag_id": "t", "sort_order": 0}]}}]}
      """#, as: "ghost.json")
    let contents = try SourceFolder.read(path)
    #expect(contents.problems == [])
    #expect(contents.pieces.map(\.id) == ["ghost:u1", "ghost:2"])
    #expect(contents.pieces.map(\.kind) == ["Notes", nil])
    #expect(contents.pieces.map(\.excerpt) == ["Why", nil])
    #expect(contents.pieces.map(\.isDraft) == [false, true])
    #expect(contents.pieces.map { PreparedPiece.cleaned($0).text } == ["Body", "Plain"])
  }

  @Test("Lines that end with a carriage return too are lines like others", arguments: ["\r\n", "\n"])
  func lineEnds(end: String) throws {
    let html = "<ul><li><pre>a\(end)\(end)b</pre></li></ul>\(end)<p>c</p>"
    let wordPress = try folder.put(
      Self.head
        + "<item><title>T</title><content:encoded><![CDATA[\(html)]]></content:encoded></item></channel></rss>",
      as: "site.xml")
    let json = html.replacing("\r\n", with: #"\r\n"#).replacing("\n", with: #"\n"#)
    let ghost = try folder.put(
      #"{"db": [{"data": {"posts": [{"id": 1, "html": "\#(json)"}]}}]}"#, as: "ghost.json")
    for path in [wordPress, ghost] {
      let piece = try #require(SourceFolder.read(path).pieces.first)
      #expect(PreparedPiece.cleaned(piece).text == "- ```\n  a\n\n  b\n  ```\n\nc")
    }
  }

  @Test("Substack: the list names pages; one that is missing is a problem on the list's line")
  func substack() throws {
    try folder.put(
      "post_id,post_date,is_published,type,title,subtitle\n"
        + "1.a,2024-02-29,true,newsletter,\"A, \"\"b\"\"\",\"Two\nlines\"\n2.b,2024-03-01,true,podcast,B,\n3.c,,false,newsletter,C,\n",
      as: "export/posts.csv")
    try folder.put("<p>Body</p>", as: "export/posts/1.a.html")
    let contents = try SourceFolder.read(folder("export"))
    #expect(contents.pieces.map(\.id) == ["substack:1.a", "substack:3.c"])
    #expect(contents.pieces.map(\.isDraft) == [false, true])
    #expect(contents.pieces.first?.title == "A, \"b\"")
    #expect(contents.pieces.first?.excerpt == "Two\nlines")
    #expect(
      contents.problems.map(\.description) == [
        "\(folder("export/posts.csv")):4: found no file \"posts/2.b.html\"; expected it beside the list of posts. "
          + "Unpack the whole export."
      ])
  }

  @Test("Only the pages that Substack's list names are its own; beside another list, all are read")
  func otherLists() throws {
    try folder.put("post_id,is_published\n1.a,true\n", as: "a/posts.csv")
    try folder.put("<p>Body</p>", as: "a/posts/1.a.html")
    try folder.put("Mine", as: "a/posts/mine.md")
    #expect(try SourceFolder.read(folder("a")).pieces.map(\.id) == ["substack:1.a", "a/posts/mine.md"])
    try folder.put("name\nx\n", as: "b/posts.csv")
    try folder.put("Mine", as: "b/posts/mine.md")
    let contents = try SourceFolder.read(folder("b"))
    #expect(contents.pieces.map(\.id) == ["b/posts/mine.md"])
    #expect(contents.problems.map(\.file) == [folder("b/posts.csv")])
  }

  @Test("JSON and XML of other kinds are ignored in a folder, and a problem where they are named")
  func unknown() throws {
    let json = try folder.put("{\n\"a\": }", as: "site/package.json")
    let xml = try folder.put("<urlset/>", as: "site/sitemap.xml")
    let contents = try SourceFolder.read(folder("site"))
    #expect(contents.problems == [] && contents.ignored == ["json": 1, "xml": 1])
    #expect(
      try SourceFolder.read(json).problems.map(\.description) == [
        "\(json):2: found no JSON; expected an export of Ghost. Give the export's own file, or leave it out."
      ])
    #expect(
      try SourceFolder.read(xml).problems.map(\.description) == [
        "\(xml):1: found XML of another kind; expected WordPress's WXR. Give the export's own file, or leave it out."
      ])
  }
}
