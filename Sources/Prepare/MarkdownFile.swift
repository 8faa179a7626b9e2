/// A file of one piece: Markdown below its front matter, or plain text.
enum MarkdownFile {
  /// The piece that `text` is.
  ///
  /// - Throws: ``SourceProblem`` where the front matter cannot be read.
  static func piece(_ text: String, file: String, id: String) throws(SourceProblem) -> SourcePiece {
    let (matter, body, line) = try FrontMatter.split(text, file: file)
    return SourcePiece(
      id: id, file: file, line: line, title: matter.first("title"),
      date: matter.first("date", "pubdate", "published_at", "publishdate", "created") ?? dateInName(of: id),
      kind: matter.first("kind", "type", "category", "categories", "section"),
      excerpt: matter.first("description", "excerpt", "summary", "subtitle", "dek", "params.description"),
      isDraft: matter.isDraft, format: file.lowercased().hasSuffix(".mdx") ? .mdx : .markdown, body: body)
  }

  /// The piece that a plain text is.
  static func plainPiece(_ text: String, file: String, id: String) throws(SourceProblem) -> SourcePiece {
    SourcePiece(id: id, file: file, line: 1, date: dateInName(of: id), format: .plain, body: text)
  }

  /// The day at the start of a file's name, as Jekyll names its posts: `2024-02-29-a-kettle.md`.
  private static func dateInName(of id: String) -> String? {
    let name = (id.split(separator: "/").last ?? "").utf8.prefix(10)
    let isDay =
      name.count == 10
      && zip(name, "dddd-dd-dd".utf8).allSatisfy { byte, shape in
        shape == UInt8(ascii: "d") ? byte.isASCIIDigit : byte == shape
      }
    return isDay ? String(name) : nil
  }
}
