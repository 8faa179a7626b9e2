/// The parts of a text that are not the writer's own voice: block quotations and fenced code.
///
/// They stay in the text, as context, and out of the loss.
enum ProtectedSpans {
  /// The ranges in bytes, ascending and apart, each of whole lines.
  static func ranges(in text: String, dialect: MarkdownLines.Dialect = .markdown) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for line in MarkdownLines.lines(of: Array(text.utf8), dialect: dialect)
    where line.isQuoted || line.block == .fencedCode {
      if let last = ranges.last, last.upperBound == line.range.lowerBound {
        ranges[ranges.count - 1] = last.lowerBound..<line.range.upperBound
      } else {
        ranges.append(line.range)
      }
    }
    return ranges
  }
}
