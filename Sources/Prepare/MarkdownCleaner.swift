/// Takes the plumbing out of Markdown and leaves what is voice: headings, emphasis, lists, quotations and code.
///
/// Shortcodes, comments, images, embeds, link targets and tags of HTML go; the words of a link stay. Code, fenced,
/// indented or between backticks, is never touched.
struct MarkdownCleaner {
  /// How the text came to be.
  enum Source {
    case markdown
    /// Markdown with components and the statements that import them.
    case mdx
    /// It was HTML, so that a `<` or a `[` in it is one the writer showed.
    case html
  }

  let bytes: [UInt8]
  let source: Source
  /// The lines that are not passed yet, the last one first.
  private var lines: [MarkdownLines.Line]
  /// The blocks of code that are not passed yet, the last one first.
  private var code: [Range<Int>]
  /// The names that links are defined under.
  let names: Set<String>
  /// The lines that define them and are not passed yet, the last one first.
  private var definitions: [Range<Int>]
  /// Whether it is a part of a line: no rule for lines holds in it.
  let isFragment: Bool
  var position = 0
  var output: [UInt8] = []
  var changes: [TextChange: Int] = [:]
  /// Whether a call that ends highlighted code may still come.
  var hasHighlightEnd = true
  /// Where each text that was looked for comes next, and from where on that is so.
  private var found: [String: (from: Int, at: Int?)] = [:]
  /// Where a tag of HTML last started a block.
  var blockStart = 0
  /// Where the output of each quotation in HTML that is open starts, and what its further lines start with.
  var quotations: [(start: Int, marks: [UInt8])] = []
  /// The items so far of each numbered list in HTML that is open, and nil for each other one.
  var lists: [Int?] = []
  /// Where the output ended when emphasis in HTML last started, and its mark.
  var emphasisStart: (end: Int, mark: String)?

  /// The piece of `markdown` without plumbing, and what was taken out.
  static func clean(_ markdown: String, as source: Source = .markdown) -> CleanText {
    let bytes = Array(markdown.utf8)
    let lines = MarkdownLines.lines(of: bytes, dialect: source == .mdx ? .mdx : .markdown)
    // A page shows all that it has.
    let definitions = source == .html ? LinkDefinitions() : LinkDefinitions(in: bytes, lines: lines)
    var cleaner = MarkdownCleaner(bytes: bytes, source: source, lines: lines, definitions: definitions)
    cleaner.run()
    return CleanText(text: tidied(cleaner.output), changes: cleaner.changes)
  }

  private init(
    bytes: [UInt8], source: Source, lines: [MarkdownLines.Line], definitions: LinkDefinitions
  ) {
    self.bytes = bytes
    self.source = source
    self.lines = lines.reversed()
    code = lines.ranges(where: \.isCode).reversed()
    names = definitions.names
    self.definitions = definitions.ranges.reversed()
    isFragment = false
    output.reserveCapacity(bytes.count)
  }

  /// Cleans words within a line of `whole`.
  init(fragment bytes: [UInt8], of whole: MarkdownCleaner) {
    self.bytes = bytes
    source = whole.source
    lines = MarkdownLines.lines(of: bytes, dialect: .plain).reversed()
    (code, definitions) = ([], [])
    names = whole.names
    isFragment = true
    run()
  }

  private mutating func run() {
    while position < bytes.count {
      if isLineStart, copyCodeBlock() || dropLine() { continue }
      switch bytes[position] {
      case UInt8(ascii: "\\"): copy(2)
      case UInt8(ascii: "`"): copyCode()
      case UInt8(ascii: "{"): if !dropExpressionComment(), !dropTemplateCall() { copy(1) }
      case UInt8(ascii: "&"): if source == .html || !decodeEntity() { copy(1) }
      case UInt8(ascii: "<"): if source == .html || !dropMarkup() { copy(1) }
      case UInt8(ascii: "!"): if source == .html || !dropImage() { copy(1) }
      case UInt8(ascii: "["): if !dropBracketCode(), source == .html || !unwrapLink() { copy(1) }
      case UInt8(ascii: "h"): if !cleanAddress() { copy(1) }
      default: copy(1)
      }
    }
    while !quotations.isEmpty { closeQuotation() }
  }

  private var isLineStart: Bool { !isFragment && (position == blockStart || bytes[position - 1] == 0x0A) }

  // MARK: Code

  /// Where the next block of code starts, or the end.
  var nextCode: Int { code.last { $0.lowerBound >= position }?.lowerBound ?? bytes.count }

  /// Copies a block of code.
  private mutating func copyCodeBlock() -> Bool {
    // What was dropped in one piece, a comment or a script, may have had what looks like one in it.
    while let block = code.last, block.lowerBound < position { code.removeLast() }
    guard let block = code.last, block.lowerBound == position else { return false }
    copy(block.count)
    return true
  }

  /// Copies code between backticks; backticks without a partner stand for themselves.
  private mutating func copyCode() {
    let length = bytes[position...].prefix { $0 == UInt8(ascii: "`") }.count
    var end = position + length
    while end < bytes.count {
      let run = bytes[end...].prefix { $0 == UInt8(ascii: "`") }.count
      if run == length { return copy(end + length - position) }
      if run == 0, bytes[end...].starts(with: [0x0A, 0x0A]) { break }
      end += max(run, 1)
    }
    copy(length)
  }

  /// Writes the character that an entity stands for.
  private mutating func decodeEntity() -> Bool {
    guard let entity = HTMLEntities.entity(bytes[position...]) else { return false }
    // Spaces before a paragraph indent it on a page; here they would make it code.
    let isIndent = entity.text == " " && [nil, 0x0A, 0x20].contains(output.last)
    // What is written as an entity is no mark (CommonMark 0.31, section 6.2).
    if entity.text == ">", output.last(where: { $0 != 0x20 }) ?? 0x0A == 0x0A { output += "\\".utf8 }
    if !isIndent { output += entity.text.utf8 }
    position += entity.length
    return true
  }

  // MARK: Lines

  /// Drops what is nothing but plumbing from the start of a line on: a link's definition, an address alone, a table
  /// of contents, statements in MDX.
  private mutating func dropLine() -> Bool {
    if dropStatements() || dropDefinition() { return true }
    let first = bytes[position...].first { $0 != 0x20 && $0 != 0x09 }
    guard let first, "h[<".utf8.contains(first) else { return false }
    let words = bytes[position..<lineEnd].drop(while: \.isASCIISpace)
    if Self.isAddress(words) || (source != .html && Self.isAutolink(words)) {
      return dropLines(to: lineEnd + 1, as: .embed)
    }
    if words.starts(with: "[TOC]".utf8) || words.starts(with: "[[toc]]".utf8) {
      return dropLines(to: lineEnd + 1, as: .navigation)
    }
    return false
  }

  private mutating func dropDefinition() -> Bool {
    while let range = definitions.last, range.upperBound <= position { definitions.removeLast() }
    guard let range = definitions.last, line.range.lowerBound == range.lowerBound else { return false }
    return dropLines(to: range.upperBound, as: .linkTarget)
  }

  /// Drops what is left up to the end of a line, with its indentation, which may be written already.
  private mutating func dropLines(to end: Int, as change: TextChange) -> Bool {
    let start = outputLineStart
    if output[start...].allSatisfy(\.isASCIISpace) { output.removeLast(output.count - start) }
    return drop(end - position, as: change)
  }

  private static func isAddress(_ line: ArraySlice<UInt8>) -> Bool {
    guard line.starts(with: "http://".utf8) || line.starts(with: "https://".utf8) else { return false }
    return line.reversed().drop { $0.isASCIISpace }.allSatisfy { !$0.isASCIISpace && $0 != UInt8(ascii: "<") }
  }

  /// Whether a line is `<address>`.
  private static func isAutolink(_ line: ArraySlice<UInt8>) -> Bool {
    guard line.first == UInt8(ascii: "<"), let end = line.firstIndex(of: UInt8(ascii: ">")) else {
      return false
    }
    return isAddress(line[..<end].dropFirst()) && line[(end + 1)...].allSatisfy(\.isASCIISpace)
  }

  // MARK: Bytes

  /// The line that is being read; the last one at the end.
  var line: MarkdownLines.Line {
    mutating get {
      while lines.count > 1, let line = lines.last, line.range.upperBound <= position { lines.removeLast() }
      return lines.last ?? MarkdownLines.Line(range: 0..<bytes.count, block: .other)
    }
  }

  /// Where it ends, before its line end.
  var lineEnd: Int {
    mutating get {
      let end = line.range.upperBound
      return end > position && bytes[end - 1] == 0x0A ? end - 1 : end
    }
  }

  mutating func copy(_ number: Int) {
    let end = min(position + number, bytes.count)
    output += bytes[position..<end]
    position = end
  }

  mutating func drop(_ number: Int, as change: TextChange) -> Bool {
    position = min(position + number, bytes.count)
    count(change)
    return true
  }

  mutating func count(_ change: TextChange) { changes[change, default: 0] += 1 }

  /// Where `text` comes next, in letters of either case; searched for once however often it is asked for on the way
  /// there.
  mutating func next(_ text: String, from start: Int) -> Int? {
    if let last = found[text], last.from <= start, last.at.map({ start <= $0 }) ?? true { return last.at }
    let pattern = text.utf8
    let offset = (start..<max(start, bytes.count - pattern.count + 1)).first { index in
      bytes[index] == pattern.first
        && bytes[index..<index + pattern.count].elementsEqual(pattern) { $0.lowercased == $1 }
    }
    found[text] = (start, offset)
    return offset
  }

  func find(_ text: String, from start: Int, limit: Int) -> Int? {
    guard start <= bytes.count else { return nil }
    let end = limit < bytes.count - start ? start + limit : bytes.count
    return bytes[start..<end].firstOffset(of: Array(text.utf8))
  }

  /// The text without white space at line ends, with at most one empty line in a row and none at either end.
  static func tidied(_ bytes: [UInt8]) -> String {
    var lines: [ArraySlice<UInt8>] = []
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let kept = line.prefix(line.count - line.reversed().prefix { $0.isASCIISpace }.count)
      if kept.isEmpty, lines.last?.isEmpty ?? true { continue }
      lines.append(kept)
    }
    if lines.last?.isEmpty ?? false { lines.removeLast() }
    return String(decoding: Array(lines.joined(separator: [0x0A])), as: UTF8.self)
  }
}
