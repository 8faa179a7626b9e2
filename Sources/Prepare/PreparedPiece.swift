import Files
import Train

/// A piece as the archive will have it.
struct PreparedPiece: Equatable, Sendable {
  let source: SourcePiece
  let title: String?
  let text: CleanText
  let seed: Seed
  /// Secrets and personal data: kind, and the line of the source where that is known.
  let sensitive: [(kind: SensitiveText.Kind, line: Int?)]
  /// The text with the paragraphs that many pieces have, as an archive has it that was made before they were many.
  private let whole: String
  /// What is kept out of the loss, in bytes of the text.
  let spans: [Range<Int>]

  /// Cleans `source`.
  static func cleaned(_ source: SourcePiece) -> CleanText {
    switch source.format {
    case .markdown, .mdx:
      return MarkdownCleaner.clean(source.body, as: source.format == .mdx ? .mdx : .markdown)
    case .plain: return CleanText(text: source.body.trimmed)
    case .html, .wordPress:
      let converted = HTMLConverter.markdown(of: source.body, isWordPress: source.format == .wordPress)
      // Shortcodes and addresses stand between the tags.
      var cleaned = MarkdownCleaner.clean(converted.text, as: .html)
      cleaned.changes.merge(converted.changes, uniquingKeysWith: +)
      return cleaned
    }
  }

  /// Takes `boilerplate` out of a cleaned text, and derives title, seed and spans.
  ///
  /// - Parameter redacts: whether secrets and personal data are replaced.
  init(_ source: SourcePiece, cleaned: CleanText, boilerplate: Boilerplate, redacts: Bool) {
    self.source = source
    var text = cleaned
    boilerplate.remove(from: &text)
    var title = source.title
    // The prompt layout puts the title above the text itself.
    func cutHeading(_ text: inout CleanText) {
      guard let heading = Self.heading(of: text.text),
        source.title == nil || source.title?.trimmed == heading.title
      else { return }
      title = heading.title
      text.text = String(heading.rest)
      text.count(.repeatedTitle)
    }
    var whole = cleaned
    cutHeading(&whole)
    self.whole = whole.text
    cutHeading(&text)
    let findings = SensitiveText.findings(in: text.text)
    let bytes = Array(text.text.utf8)
    sensitive = findings.map { finding in
      (finding.kind, source.line(of: String(decoding: bytes[finding.range], as: UTF8.self)))
    }
    if redacts {
      text.text = SensitiveText.redacted(text.text, findings)
      text.count(.redaction, findings.count)
    }
    func field(_ value: String?) -> String? {
      guard redacts, let value else { return value }
      return SensitiveText.redacted(value, SensitiveText.findings(in: value))
    }
    self.title = field(title)
    self.text = text
    let dialect = source.format.dialect
    spans = ProtectedSpans.ranges(in: text.text, dialect: dialect)
    let kind = source.isDailyLog ? "log" : source.kind?.lowercased()
    let derived = Seed.derived(title: self.title, kind: kind, text: text.text)
    let isShort = (derived.length ?? 0) <= Self.longestNote
    seed = Seed(
      topic: self.title, angle: field(source.excerpt) ?? OpeningSentence.of(text.text, dialect: dialect),
      length: derived.length, kind: kind ?? (isShort ? "note" : "essay"))
  }

  /// A piece of at most so many words, filed under nothing, is a note, a longer one an essay.
  private static let longestNote = 400

  var wordCount: Int { Seed.wordCount(of: text.text) }

  /// The share of the text that is quotation or code.
  var protectedShare: Double {
    let length = text.text.utf8.count
    return length == 0 ? 0 : Double(spans.reduce(0) { $0 + $1.count }) / Double(length)
  }

  /// Whether an archive's text is this one, as it is or as an earlier run wrote it: with secrets and personal data
  /// replaced, or with paragraphs that were not yet those of many pieces.
  func isWritten(as archived: String) -> Bool {
    [text.text, whole].contains { text in
      archived == text || archived == SensitiveText.redacted(text, SensitiveText.findings(in: text))
    }
  }

  /// The row of the archive.
  func row(logWeight: Double) -> JSONValue {
    var row = JSONObject()
    row["id"] = .string(source.id)
    row["date"] = source.date.map { .string($0) }
    row["title"] = title.map { .string($0) }
    row["kind"] = seed.kind.map { .string($0) }
    var fields = JSONObject()
    fields["topic"] = seed.topic.map { .string($0) }
    fields["angle"] = seed.angle.map { .string($0) }
    fields["length"] = seed.length.map { .integer(Int64($0)) }
    fields["kind"] = seed.kind.map { .string($0) }
    row["seed"] = .object(fields)
    row["text"] = .string(text.text)
    if source.isDailyLog { row["weight"] = .number(logWeight) }
    if !spans.isEmpty {
      row["spans"] = .array(
        spans.map { span in
          ["start": .integer(Int64(span.lowerBound)), "end": .integer(Int64(span.upperBound)), "weight": 0]
        })
    }
    return .object(row)
  }

  private static func heading(of text: String) -> (title: String, rest: Substring)? {
    guard text.hasPrefix("# ") else { return nil }
    let line = text.prefix { $0 != "\n" }
    let rest = text[line.endIndex...].drop(while: \.isWhitespace)
    let title = line.dropFirst(2).trimmed
    return rest.isEmpty || title.isEmpty ? nil : (title, rest)
  }

  static func == (left: PreparedPiece, right: PreparedPiece) -> Bool {
    left.source == right.source && left.text == right.text && left.seed == right.seed
  }
}

extension StringProtocol {
  /// The text without white space at either end.
  var trimmed: String { String(drop(while: \.isWhitespace).withoutTrailingSpace) }
}
