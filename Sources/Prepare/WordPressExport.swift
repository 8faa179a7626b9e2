import Files

/// The posts and pages of a WordPress export (WXR), read from front to back without a tree.
enum WordPressExport {
  /// Whether the bytes start as such an export does.
  static func isOne(_ bytes: UnsafeRawBufferPointer) -> Bool {
    Array(bytes.prefix(8192)).firstOffset(of: Array("wordpress.org/export".utf8)) != nil
  }

  /// The pieces in the export.
  ///
  /// - Throws: ``SourceProblem`` where it stops within a post; the posts before it are in `pieces`.
  static func read(
    _ bytes: UnsafeRawBufferPointer, file: String, into pieces: inout [SourcePiece]
  ) throws(SourceProblem) {
    var tokens = MarkupTokenizer(bytes)
    var fields: [String: String]?
    var element: String?
    var (line, counted, itemLine, bodyLine) = (1, 0, 1, 1)
    while let token = tokens.next() {
      switch token {
      case .open("item", _, _):
        line += bytes[counted..<tokens.position].count { $0 == 0x0A }
        counted = tokens.position
        itemLine = line
        fields = [:]
      case .close("item"):
        if let fields, let piece = piece(fields, file: file, line: bodyLine) { pieces.append(piece) }
        fields = nil
      case .open("category", let attributes, _):
        // The first category is the piece's kind.
        let isFirst = fields?["category"] == nil
        element = isFirst && tokens.attribute("domain", in: attributes) == "category" ? "category" : nil
      case .open(let name, _, _): element = name
      case .close: element = nil
      case .text(let range), .cdata(let range):
        guard let element, fields != nil else { continue }
        let raw = String(decoding: bytes[range], as: UTF8.self)
        if case .text = token {
          fields?[element, default: ""] += HTMLEntities.decoded(raw)
        } else {
          if element == "content:encoded", fields?[element] == nil {
            bodyLine = line + bytes[counted..<range.lowerBound].count { $0 == 0x0A }
          }
          fields?[element, default: ""] += raw
        }
      case .comment: break
      }
    }
    if fields != nil {
      throw SourceProblem(file: file, line: itemLine, problem: .cutShort(inside: "this post"))
    }
  }

  private static func piece(_ fields: [String: String], file: String, line: Int) -> SourcePiece? {
    let type = fields["wp:post_type"] ?? "post"
    guard type == "post" || type == "page" else { return nil }
    func value(_ name: String) -> String? { fields[name]?.trimmed.nilIfEmpty }
    let name = value("guid") ?? value("wp:post_id") ?? value("link") ?? value("title") ?? "?"
    return SourcePiece(
      id: "wordpress:\(name)", file: file, line: line, title: value("title"), date: value("wp:post_date"),
      kind: type == "page" ? "page" : value("category").flatMap { $0 == "Uncategorized" ? nil : $0 },
      excerpt: value("excerpt:encoded")?.withLineFeeds,
      isDraft: (value("wp:status") ?? "publish") != "publish",
      format: .wordPress, body: (fields["content:encoded"] ?? "").withLineFeeds)
  }
}

extension String {
  /// The text, or nil where there is none.
  var nilIfEmpty: String? { isEmpty ? nil : self }
}
