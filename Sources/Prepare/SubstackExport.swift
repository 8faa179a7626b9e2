/// The posts of a Substack export: `posts.csv`, and one page of HTML for each in `posts/`.
enum SubstackExport {
  /// One post of the list: the piece without its body, and the file that has it, relative to the list's folder.
  struct Entry: Equatable {
    var piece: SourcePiece
    let page: String
  }

  /// The posts that `csv` lists.
  ///
  /// - Throws: ``SourceProblem`` where it is no such list.
  static func entries(_ csv: String, file: String) throws(SourceProblem) -> [Entry] {
    let rows = CSVTable.rows(of: csv)
    guard let header = rows.first?.cells, let id = header.firstIndex(of: "post_id") else {
      throw SourceProblem(
        file: file, line: 1,
        problem: .unknownExport(found: "a table without \"post_id\"", expected: "Substack's posts.csv"))
    }
    return rows.dropFirst().compactMap { row in
      func value(_ name: String) -> String? {
        header.firstIndex(of: name).flatMap { $0 < row.cells.count ? row.cells[$0].nilIfEmpty : nil }
      }
      guard id < row.cells.count, !row.cells[id].isEmpty else { return nil }
      let name = row.cells[id]
      let type = value("type")
      return Entry(
        piece: SourcePiece(
          id: "substack:\(name)", file: file, line: row.line, title: value("title"), date: value("post_date"),
          kind: type == "newsletter" ? nil : type, excerpt: value("subtitle"),
          isDraft: value("is_published")?.lowercased() != "true", format: .html, body: ""),
        page: "posts/\(name).html")
    }
  }
}
