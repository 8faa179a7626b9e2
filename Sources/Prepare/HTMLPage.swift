/// A page of HTML that holds one piece.
enum HTMLPage {
  /// The piece in the page: its article, or its main part, or all of its body.
  static func piece(_ html: String, file: String, id: String) -> SourcePiece {
    let bytes = Array(html.utf8)
    var piece = SourcePiece(id: id, file: file, line: 1, format: .html, body: html)
    bytes.withUnsafeBytes { buffer in
      var starts: [String: Int] = [:]
      var ends: [String: Int] = [:]
      var inTitle = false
      var tokens = MarkupTokenizer(buffer)
      var before = 0
      while let token = tokens.next() {
        switch token {
        case .open("title", _, _): inTitle = piece.title == nil
        case .text(let range) where inTitle:
          piece.title = HTMLEntities.decoded(String(decoding: buffer[range], as: UTF8.self)).trimmed
          inTitle = false
        case .open("meta", let attributes, _):
          let name = tokens.attribute("name", in: attributes) ?? tokens.attribute("property", in: attributes)
          let content = tokens.attribute("content", in: attributes)
          if name == "description" { piece.excerpt = content }
          if name == "article:published_time" || name == "date" { piece.date = content }
        case .open("time", let attributes, _):
          piece.date = piece.date ?? tokens.attribute("datetime", in: attributes)
        case .open(let name, _, _) where ["article", "main", "body"].contains(name) && starts[name] == nil:
          starts[name] = tokens.position
        case .close(let name) where ["article", "main", "body"].contains(name) && ends[name] == nil:
          ends[name] = before
        default: break
        }
        before = tokens.position
      }
      for name in ["article", "main", "body"] {
        guard let start = starts[name] else { continue }
        piece.line += buffer[..<start].count { $0 == 0x0A }
        piece.body = String(decoding: buffer[start..<max(start, ends[name] ?? buffer.count)], as: UTF8.self)
        break
      }
    }
    return piece
  }
}
