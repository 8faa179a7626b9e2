/// One piece of writing as its source holds it.
struct SourcePiece: Equatable, Sendable {
  /// How the body is written.
  enum Format: Equatable, Sendable {
    case markdown, html, plain
    /// Markdown with components and the statements that import them.
    case mdx
    /// HTML in which empty lines may part paragraphs.
    case wordPress

    /// How its text is written once it is cleaned.
    var dialect: MarkdownLines.Dialect {
      switch self {
      case .plain: .plain
      case .mdx: .mdx
      case .markdown, .html, .wordPress: .markdown
      }
    }
  }

  /// The piece's name in the archive: the same whenever the same source is read.
  var id: String
  /// The file.
  var file: String
  /// The line where the body starts, from 1.
  var line: Int
  /// What it was titled.
  var title: String?
  /// When it was published, as the source says.
  var date: String?
  /// Its kind, as the writer filed it.
  var kind: String?
  /// What the writer says it is about: a description, an excerpt, a subtitle.
  var excerpt: String?
  /// Whether it was published.
  var isDraft = false
  /// Whether it is of the rawest writing, which counts more.
  var isDailyLog = false
  /// How the body is written.
  var format: Format
  /// The piece itself.
  var body: String

  /// The place as `file:line`.
  var place: String { "\(file):\(line)" }

  /// The fewest words that tell a line from the others.
  private static let fewestWords = 3

  /// The line of the source where `text` first stands; where it was changed, that of a part that stands nowhere else,
  /// looked for in ever shorter ones, and nil where there is none.
  func line(of text: String) -> Int? {
    let body = Array(body.utf8)
    func line(at offset: Int) -> Int { self.line + body[..<offset].count { $0 == 0x0A } }
    if let offset = body.firstOffset(of: Array(text.utf8)) { return line(at: offset) }
    let words = text.split(whereSeparator: \.isWhitespace)
    var length = words.count / 2
    while length >= Self.fewestWords {
      for start in stride(from: 0, through: words.count - length, by: length / 2) {
        let part = Array(text[words[start].startIndex..<words[start + length - 1].endIndex].utf8)
        guard let offset = body.firstOffset(of: part) else { continue }
        if body.firstOffset(of: part, from: offset + 1) == nil { return line(at: offset) }
      }
      length /= 2
    }
    return nil
  }
}

extension Collection where Element == UInt8, Index == Int {
  /// The offset of the first occurrence of `pattern` at or after `start`.
  func firstOffset(of pattern: [UInt8], from start: Int = 0) -> Int? {
    guard let first = pattern.first, count >= pattern.count else { return nil }
    let last = endIndex - pattern.count
    var index = startIndex + start
    while index <= last {
      if self[index] == first, self[index..<index + pattern.count].elementsEqual(pattern) { return index }
      index += 1
    }
    return nil
  }
}
