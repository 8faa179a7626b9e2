/// Marks of markup that cleaning did not know.
enum LeftoverMarkup {
  private static let marks = ["{{", "{%", "</", "](", ":::", "[/"]
    .map { Array($0.utf8) }
  private static let firstBytes = Set(marks.compactMap(\.first) + [UInt8(ascii: "&")])

  /// The lines of `text` that have one and lie outside its protected `spans`.
  static func lines(in text: String, outside spans: [Range<Int>]) -> [String] {
    var found: [String] = []
    var start = 0
    for line in Array(text.utf8).split(separator: 0x0A, omittingEmptySubsequences: false) {
      defer { start += line.count + 1 }
      guard line.contains(where: { firstBytes.contains($0) }), !spans.contains(where: { $0.contains(start) }),
        !line.contains(UInt8(ascii: "`")),
        marks.contains(where: { line.firstOffset(of: $0) != nil }) || hasEntity(line)
      else { continue }
      found.append(String(decoding: line, as: UTF8.self))
    }
    return found
  }

  private static func hasEntity(_ line: ArraySlice<UInt8>) -> Bool {
    line.indices.contains { line[$0] == UInt8(ascii: "&") && HTMLEntities.name(line[$0...]) != nil }
  }
}
