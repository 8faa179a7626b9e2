/// Tells what each line of a text is, after CommonMark 0.31, sections 4 and 5: whether it is code, and whether it
/// stands in a quotation, as lines without a `>` do that go on with its paragraph.
struct MarkdownLines {
  /// How a text is written.
  enum Dialect {
    case markdown
    /// Markdown with components, in which indentation means nothing.
    case mdx
    /// Plain text: only fences and lines that start with `>` mean something.
    case plain
  }

  /// What a line is part of.
  enum Block {
    case paragraph, fencedCode, indentedCode
    /// A heading, a rule, an item of a list, markup or nothing.
    case other
  }

  /// One line.
  struct Line {
    /// Its bytes, with its end.
    let range: Range<Int>
    let block: Block
    var isQuoted = false
    /// Whether it goes on with the paragraph of the line above.
    var goesOn = false
    /// Whether an item of a list starts on it.
    var startsItem = false
    /// The column at which the text starts of the items it is in, outside of quotations.
    var indent = 0

    var isCode: Bool { block == .fencedCode || block == .indentedCode }
  }

  /// The lines of `bytes`, in their order.
  static func lines(of bytes: [UInt8], dialect: Dialect) -> [Line] {
    var reader = MarkdownLines(dialect: dialect)
    var lines: [Line] = []
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      let block = reader.read(bytes[start..<end])
      lines.append(
        Line(
          range: start..<min(end + 1, bytes.count), block: block, isQuoted: reader.isQuoted,
          goesOn: reader.lineGoesOn, startsItem: reader.startsItem, indent: reader.indent))
      start = end + 1
    }
    return lines
  }

  private enum Container {
    case quotation
    /// An item of a list, whose further lines are indented by so many columns.
    case item(indent: Int)

    var isQuotation: Bool { if case .quotation = self { true } else { false } }
  }

  private enum Leaf: Equatable {
    case none, paragraph, indentedCode
    case fence(CodeFence)
    /// Markup that goes on to a line with `end`.
    case markup(end: [UInt8])
  }

  /// Deeper marks are text, so that no text takes time with the square of its length.
  private static let deepest = 100

  private let dialect: Dialect
  private var containers: [Container] = []
  private var leaf = Leaf.none
  private var startsItem = false
  private var lineGoesOn = false

  private init(dialect: Dialect) { self.dialect = dialect }

  private var isQuoted: Bool {
    containers.contains(where: \.isQuotation)
  }

  private var indent: Int {
    var columns = 0
    for case .item(let indent) in containers.prefix(while: { !$0.isQuotation }) { columns += indent }
    return columns
  }

  private mutating func read(_ line: ArraySlice<UInt8>) -> Block {
    var cursor = LineCursor(line)
    var depth = 0
    (startsItem, lineGoesOn) = (false, false)
    while depth < containers.count, Self.enter(containers[depth], &cursor) { depth += 1 }
    if depth == containers.count, let block = goOn(cursor) { return block }
    let goesOn = leaf == .paragraph && depth < containers.count && dialect != .plain
    let before = depth
    while depth < Self.deepest, cursor.indent < 4, let container = container(&cursor, depth: depth) {
      close(to: depth)
      leaf = .none
      containers.append(container)
      startsItem = startsItem || !container.isQuotation
      depth += 1
    }
    // A line that starts no block goes on with the paragraph, though the marks of its quotation are missing.
    if goesOn, depth == before, !cursor.isBlank, !startsLeaf(cursor) {
      lineGoesOn = true
      return block(of: .paragraph)
    }
    close(to: depth)
    let isOpen = leaf == .paragraph
    let block = startLeaf(cursor)
    lineGoesOn = isOpen && leaf == .paragraph
    return block
  }

  private mutating func close(to depth: Int) {
    guard depth < containers.count else { return }
    containers.removeLast(containers.count - depth)
    leaf = .none
  }

  private func block(of leaf: Leaf) -> Block {
    switch leaf {
    case .paragraph: containers.isEmpty ? .paragraph : .other
    case .indentedCode: .indentedCode
    case .fence: .fencedCode
    case .none, .markup: .other
    }
  }

  // MARK: Containers

  private static func enter(_ container: Container, _ cursor: inout LineCursor) -> Bool {
    switch container {
    case .quotation: return enterQuotation(&cursor)
    case .item(let indent):
      if cursor.isBlank { return true }
      guard cursor.indent >= indent else { return false }
      cursor.skip(columns: indent)
      return true
    }
  }

  private static func enterQuotation(_ cursor: inout LineCursor) -> Bool {
    guard cursor.indent < 4, cursor.rest.first == UInt8(ascii: ">") else { return false }
    cursor.skip(bytes: 1)
    if cursor.indent > 0 { cursor.skip(columns: 1) }
    return true
  }

  private func container(_ cursor: inout LineCursor, depth: Int) -> Container? {
    if Self.enterQuotation(&cursor) { return .quotation }
    guard dialect != .plain, !Self.isRule(cursor.rest) else { return nil }
    let interrupts = leaf == .paragraph && depth == containers.count
    return Self.item(&cursor, interrupts: interrupts)
  }

  /// Reads the mark of a list item.
  ///
  /// - Parameter interrupts: whether a paragraph stands above, which only an item with a text ends, and only the
  ///   first of a numbered list.
  private static func item(_ cursor: inout LineCursor, interrupts: Bool) -> Container? {
    let rest = cursor.rest
    guard let first = rest.first else { return nil }
    // A note goes on in lines indented by four, as kramdown, pandoc and goldmark have it.
    if rest.starts(with: "[^".utf8), rest.firstOffset(of: Array("]:".utf8)) != nil {
      cursor.skip(bytes: rest.count)
      return .item(indent: 4)
    }
    var width = 1
    // A `:` starts a definition, as kramdown, pandoc and goldmark have it.
    if !"-+*:".utf8.contains(first) {
      let digits = rest.prefix(10).prefix(while: \.isASCIIDigit)
      guard (1...9).contains(digits.count), digits.endIndex < rest.endIndex,
        rest[digits.endIndex] == UInt8(ascii: ".") || rest[digits.endIndex] == UInt8(ascii: ")"),
        !interrupts || digits.elementsEqual("1".utf8)
      else { return nil }
      width = digits.count + 1
    }
    var next = cursor
    next.skip(bytes: width)
    guard next.isBlank ? !interrupts : next.indent > 0 else { return nil }
    width += cursor.indent
    cursor = next
    // Five columns of white space are one, and code indented by four.
    let space = cursor.isBlank || cursor.indent > 4 ? 1 : cursor.indent
    if !cursor.isBlank { cursor.skip(columns: space) }
    return .item(indent: width + space)
  }

  // MARK: Leaves

  /// What the line is of a block that is open and does not end before it.
  private mutating func goOn(_ cursor: LineCursor) -> Block? {
    switch leaf {
    case .fence(let fence):
      if cursor.indent < 4, fence.isClosed(by: cursor.rest) { leaf = .none }
      return .fencedCode
    case .markup(let end):
      if cursor.rest.firstOffset(of: end) != nil { leaf = .none }
      return .other
    case .indentedCode: return cursor.isBlank || cursor.indent >= 4 ? .indentedCode : nil
    case .none, .paragraph: return nil
    }
  }

  private mutating func startLeaf(_ cursor: LineCursor) -> Block {
    let rest = cursor.rest
    if cursor.isBlank {
      leaf = .none
    } else if cursor.indent >= 4, dialect == .markdown {
      if leaf != .paragraph { leaf = .indentedCode }
    } else if let fence = CodeFence(opening: rest) {
      leaf = .fence(fence)
    } else if let end = Self.endOfMarkup(rest) {
      leaf = rest.firstOffset(of: end) == nil ? .markup(end: end) : .none
    } else {
      // A line of `=` makes a heading of the paragraph above it.
      let isUnderline = leaf == .paragraph && rest.allSatisfy { $0 == UInt8(ascii: "=") || $0.isASCIISpace }
      leaf = Self.isHeading(rest) || Self.isRule(rest) || isUnderline ? .none : .paragraph
    }
    return block(of: leaf)
  }

  /// Whether the line starts a block even where a paragraph could go on.
  private func startsLeaf(_ cursor: LineCursor) -> Bool {
    guard cursor.indent < 4 else { return false }
    let rest = cursor.rest
    return CodeFence(opening: rest) != nil || Self.isHeading(rest) || Self.isRule(rest)
      || Self.endOfMarkup(rest) != nil
  }

  private static func isHeading(_ line: ArraySlice<UInt8>) -> Bool {
    let marks = line.prefix { $0 == UInt8(ascii: "#") }
    return (1...6).contains(marks.count) && line[marks.endIndex...].first?.isASCIISpace ?? true
  }

  /// Whether a line is three or more of `*`, `-` or `_`.
  static func isRule(_ line: ArraySlice<UInt8>) -> Bool {
    guard let mark = line.first, "*-_".utf8.contains(mark) else { return false }
    return line.allSatisfy { $0 == mark || $0.isASCIISpace } && line.count { $0 == mark } >= 3
  }

  private static let rawElements = ["pre", "script", "style", "textarea"]

  /// What ends the markup that starts here, where that may have empty lines in it.
  private static func endOfMarkup(_ line: ArraySlice<UInt8>) -> [UInt8]? {
    guard line.first == UInt8(ascii: "<") else { return nil }
    if line.starts(with: "<!--".utf8) { return Array("-->".utf8) }
    let name = line.dropFirst().prefix(while: \.isASCIILetter)
    let text = String(decoding: name, as: UTF8.self)
    guard rawElements.contains(text.lowercased()) else { return nil }
    return Array("</\(text)".utf8)
  }
}

extension [MarkdownLines.Line] {
  /// The bytes of the lines that are wanted, ascending and apart.
  func ranges(where isWanted: (MarkdownLines.Line) -> Bool) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for line in self where isWanted(line) {
      if let last = ranges.last, last.upperBound == line.range.lowerBound {
        ranges[ranges.count - 1] = last.lowerBound..<line.range.upperBound
      } else {
        ranges.append(line.range)
      }
    }
    return ranges
  }
}
