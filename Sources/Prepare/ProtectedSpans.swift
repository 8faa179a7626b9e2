/// The parts of a text that are not the writer's own voice: block quotations and fenced code.
///
/// They stay in the text, as context, and out of the loss.
enum ProtectedSpans {
  /// The ranges in bytes, ascending and apart, each of whole lines.
  static func ranges(in text: String, dialect: MarkdownLines.Dialect = .markdown) -> [Range<Int>] {
    MarkdownLines.lines(of: Array(text.utf8), dialect: dialect)
      .ranges { $0.isQuoted || $0.block == .fencedCode }
  }
}
