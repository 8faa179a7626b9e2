/// Writes Markdown from left to right: ends of lines and spaces are owed until a word comes, and every line starts
/// with the marks of the quotations and list items it is in.
struct MarkdownWriter {
  private enum Container {
    case quotation
    case list(isOrdered: Bool, count: Int)
    /// An item of a list: its mark, which is as wide as its further lines are indented.
    case item(String, isWritten: Bool)
  }

  /// Deeper containers are part of the last, so that no text grows with the square of its length.
  private static let deepest = 64

  private(set) var output = ""
  /// Line ends owed before the next word: 1 ends a line, 2 a paragraph.
  private var dueBreaks = 0
  private var dueSpace = false
  private var isBehindLineBreak = false
  private var heading = ""
  /// Marks of emphasis that wait for their first word, and those that are written and not closed.
  private var (emphasis, openEmphases): ([String], [String]) = ([], [])
  private var containers: [Container] = []
  /// How many of the containers the word before is in too.
  private var sharedDepth = 0

  // MARK: Blocks

  mutating func owe(_ breaks: Int) {
    dueSpace = false
    if !output.isEmpty { dueBreaks = max(dueBreaks, breaks) }
  }

  mutating func oweSpace() {
    if dueBreaks == 0, !output.isEmpty { dueSpace = true }
  }

  /// Ends a line within a paragraph; the second time in a row, the paragraph.
  mutating func lineBreak() {
    owe(isBehindLineBreak ? 2 : 1)
    isBehindLineBreak = true
  }

  /// Starts a paragraph, but for the first of an item or heading, whose mark is still to come.
  mutating func openParagraph() {
    if case .item(_, isWritten: false)? = containers.last { return }
    if heading.isEmpty { owe(2) }
  }

  mutating func openHeading(_ level: Int) {
    owe(2)
    heading = String(repeating: "#", count: level) + " "
  }

  mutating func closeHeading() {
    heading = ""
    owe(2)
  }

  mutating func openQuotation() {
    owe(2)
    open(.quotation)
  }

  mutating func closeQuotation() {
    owe(2)
    close { if case .quotation = $0 { true } else { false } }
  }

  mutating func openList(isOrdered: Bool) {
    owe(containers.contains(where: Self.isList) ? 1 : 2)
    open(.list(isOrdered: isOrdered, count: 0))
  }

  /// Closes the innermost list of its kind, with those of the other kind within it.
  mutating func closeList(isOrdered: Bool) {
    close { if case .list(isOrdered, _) = $0 { true } else { false } }
    owe(containers.contains(where: Self.isList) ? 1 : 2)
  }

  mutating func openItem() {
    closeItem()
    var mark = "- "
    if case .list(let isOrdered, let count)? = containers.last {
      containers[containers.count - 1] = .list(isOrdered: isOrdered, count: count + 1)
      if isOrdered { mark = "\(count + 1). " }
    }
    open(.item(mark, isWritten: false))
  }

  /// Closes the item of the innermost list, if it has one that is open.
  mutating func closeItem() {
    owe(1)
    let innermost = containers.lastIndex { if case .quotation = $0 { false } else { true } }
    if let innermost, case .item = containers[innermost] { close(to: innermost) }
  }

  private static func isList(_ container: Container) -> Bool {
    if case .list = container { true } else { false }
  }

  private mutating func open(_ container: Container) {
    if containers.count < Self.deepest { containers.append(container) }
  }

  private mutating func close(_ isWanted: (Container) -> Bool) {
    if let index = containers.lastIndex(where: isWanted) { close(to: index) }
  }

  private mutating func close(to depth: Int) {
    containers.removeLast(containers.count - depth)
    sharedDepth = min(sharedDepth, depth)
  }

  // MARK: Words

  /// Starts emphasis at the next word.
  mutating func openEmphasis(_ mark: String) { emphasis.append(mark) }

  /// Ends emphasis; without a word in it, there is none.
  mutating func closeEmphasis(_ mark: String) {
    if let index = emphasis.lastIndex(of: mark) {
      emphasis.remove(at: index)
    } else if let index = openEmphases.lastIndex(of: mark) {
      openEmphases.remove(at: index)
      output += mark
    }
  }

  /// Writes text with its white space collapsed.
  ///
  /// - Parameter linesCount: whether its ends of lines are the writer's: one ends a line, two a paragraph.
  mutating func write(_ text: String, linesCount: Bool = false) {
    let scalars = text.unicodeScalars
    var start: String.Index?
    var newlines = 0
    for index in scalars.indices {
      let scalar = scalars[index]
      guard scalar.isSpace else {
        if start == nil { start = index }
        newlines = 0
        continue
      }
      if let first = start { append(text[first..<index]) }
      start = nil
      oweSpace()
      if scalar == "\n" { newlines += 1 }
      if linesCount, newlines > 0 { owe(min(newlines, 2)) }
    }
    if let first = start { append(text[first...]) }
  }

  /// Writes code in a sentence.
  mutating func writeCode(_ code: String) {
    let words = code.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard !words.isEmpty else { return }
    let fence = CodeFence.backticks(around: words, minimum: 1)
    // Between several backticks a space keeps those of the code apart from them.
    let space = fence.count > 1 ? " " : ""
    flush()
    output += fence + space + words + space + fence
  }

  /// Writes a block of code between fences.
  mutating func writeCodeBlock(_ code: String) {
    var lines = code.split(separator: "\n", omittingEmptySubsequences: false).map(\.withoutTrailingSpace)
    while lines.last?.isEmpty ?? false { lines.removeLast() }
    lines.removeFirst(lines.prefix(while: \.isEmpty).count)
    guard !lines.isEmpty else { return }
    let waiting = emphasis
    (emphasis, heading) = ([], "")
    owe(2)
    flush()
    let fence = CodeFence.backticks(around: code, minimum: 3)
    output += fence
    for line in lines + [fence[...]] {
      output += "\n" + (linePrefix(containers.count) + line).withoutTrailingSpace
    }
    emphasis = waiting
    owe(2)
  }

  private mutating func append(_ word: Substring) {
    let startsLine = dueBreaks > 0 || output.isEmpty
    let isEscaped = startsLine && heading.isEmpty && emphasis.isEmpty && Self.isMark(word)
    flush()
    if isEscaped { output += "\\" }
    output += word
  }

  /// Whether Markdown takes a word at the start of a line for the mark of a quotation, a heading or code.
  ///
  /// Read as one it would change what is learned: a quotation and code have no weight, a heading becomes the title.
  /// The mark of a list, `-` or `1.`, is left as it was written: an item has the weight of any text, so that all a
  /// backslash would do is to be learned.
  private static func isMark(_ word: Substring) -> Bool {
    word.hasPrefix(">") || CodeFence(opening: Array(word.utf8)[...]) != nil
      || (word.utf8.count <= 6 && word.utf8.allSatisfy { $0 == UInt8(ascii: "#") })
  }

  /// Writes what is owed before a word.
  private mutating func flush() {
    if dueBreaks > 0 || output.isEmpty {
      startLine()
    } else if dueSpace {
      output += " "
    }
    output += emphasis.joined()
    openEmphases += emphasis
    emphasis = []
    (dueBreaks, dueSpace, isBehindLineBreak) = (0, false, false)
    sharedDepth = containers.count
  }

  private mutating func startLine() {
    if dueBreaks > 0 { output += "\n" }
    if dueBreaks > 1 { output += linePrefix(sharedDepth).withoutTrailingSpace + "\n" }
    output += linePrefix(containers.count) + heading
    heading = ""
    for (index, container) in containers.enumerated() {
      if case .item(let mark, isWritten: false) = container {
        containers[index] = .item(mark, isWritten: true)
      }
    }
  }

  /// What a line within the first `depth` containers starts with.
  private func linePrefix(_ depth: Int) -> String {
    containers.prefix(depth).map { container in
      switch container {
      case .quotation: "> "
      case .list: ""
      case .item(let mark, isWritten: false): mark
      case .item(let mark, isWritten: true): String(repeating: " ", count: mark.utf8.count)
      }
    }.joined()
  }
}
