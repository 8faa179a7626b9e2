/// Marks of markup that cleaning did not know.
enum LeftoverMarkup {
  private static let marks = ["{{", "{%", "</", "](", ":::", "[/"]
    .map { Array($0.utf8) }
  private static let firstBytes = Set(marks.compactMap(\.first) + [UInt8(ascii: "&")])

  /// The lines of `text` that have one and are neither code nor quoted.
  static func lines(in text: String, dialect: MarkdownLines.Dialect) -> [String] {
    let bytes = Array(text.utf8)
    return MarkdownLines.lines(of: bytes, dialect: dialect).compactMap { line in
      let words = bytes[line.range]
      guard words.contains(where: { firstBytes.contains($0) }), !line.isQuoted, !line.isCode,
        !words.contains(UInt8(ascii: "`")),
        marks.contains(where: { words.firstOffset(of: $0) != nil }) || hasEntity(words)
      else { return nil }
      return String(decoding: words, as: UTF8.self).trimmed
    }
  }

  private static func hasEntity(_ line: ArraySlice<UInt8>) -> Bool {
    line.indices.contains { line[$0] == UInt8(ascii: "&") && HTMLEntities.name(line[$0...]) != nil }
  }
}
