/// The parts of a Markdown text that are not the writer's own voice: block quotations and fenced code.
///
/// They stay in the text, as context, and out of the loss.
enum ProtectedSpans {
  /// The ranges in bytes, ascending and apart, each of whole lines.
  static func ranges(in text: String) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var fence: (mark: UInt8, length: Int)?
    var start = 0
    for line in Array(text.utf8).split(separator: 0x0A, omittingEmptySubsequences: false) {
      let end = start + line.count
      let words = line.drop { $0 == 0x20 }
      var isProtected = fence != nil || words.first == UInt8(ascii: ">")
      let mark = words.first ?? 0
      let length =
        mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") ? words.prefix { $0 == mark }.count : 0
      if let open = fence {
        if open.mark == mark, length >= open.length { fence = nil }
      } else if length >= 3 {
        fence = (mark, length)
        isProtected = true
      }
      if isProtected {
        if let last = ranges.last, last.upperBound == start {
          ranges[ranges.count - 1] = last.lowerBound..<min(end + 1, text.utf8.count)
        } else if end > start {
          ranges.append(start..<min(end + 1, text.utf8.count))
        }
      }
      start = end + 1
    }
    return ranges
  }
}
