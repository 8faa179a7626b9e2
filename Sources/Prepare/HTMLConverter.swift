import Train

/// Turns HTML into Markdown: headings, paragraphs, emphasis, lists, quotations and code stay; scripts, navigation,
/// forms and what is shown from elsewhere go, and the address behind a link.
struct HTMLConverter {
  private var output = ""
  private var changes: [TextChange: Int] = [:]
  /// Line ends owed before the next text: 1 ends a line, 2 a paragraph.
  private var dueBreaks = 0
  private var dueSpace = false
  private var marker = ""
  private var lists: [(isOrdered: Bool, count: Int)] = []
  private var quoteDepth = 0
  private var isPreformatted = false
  /// Whether an empty line starts a paragraph, as it does in what WordPress's old editor stored.
  private let linesCount: Bool

  /// The Markdown of `html`, and what was taken out of it.
  ///
  /// - Parameter isWordPress: paragraphs may be parted by empty lines alone.
  static func markdown(of html: String, isWordPress: Bool = false) -> CleanText {
    var converter = HTMLConverter(linesCount: isWordPress && !html.contains("<p"))
    Array(html.utf8).withUnsafeBytes { converter.run($0) }
    return CleanText(text: converter.output, changes: converter.changes)
  }

  private init(linesCount: Bool) { self.linesCount = linesCount }

  private static let navigation: Set<String> = [
    "nav", "aside", "footer", "form", "button", "select", "script", "style", "noscript", "template", "head",
    "dialog",
  ]
  private static let embeds: Set<String> = [
    "iframe", "video", "audio", "object", "svg", "canvas", "figcaption", "picture",
  ]
  private static let paragraphs: Set<String> = [
    "p", "div", "section", "article", "main", "header", "figure", "table", "dl", "body", "details", "summary",
  ]
  private static let emphasis = ["em": "*", "i": "*", "strong": "**", "b": "**"]

  private mutating func run(_ bytes: UnsafeRawBufferPointer) {
    var tokens = MarkupTokenizer(bytes)
    while let token = tokens.next() {
      switch token {
      case .text(let range): write(HTMLEntities.decoded(String(decoding: bytes[range], as: UTF8.self)))
      case .cdata(let range): write(String(decoding: bytes[range], as: UTF8.self))
      case .comment: changes[.comment, default: 0] += 1
      case .open(let name, _, let isEmpty):
        if Self.navigation.contains(name) || Self.embeds.contains(name) {
          changes[Self.embeds.contains(name) ? .embed : .navigation, default: 0] += 1
          if !isEmpty { tokens.skip(past: name) }
        } else {
          open(name)
        }
      case .close(let name): close(name)
      }
    }
  }

  private mutating func open(_ name: String) {
    switch name {
    case "h1", "h2", "h3", "h4", "h5", "h6":
      owe(2)
      marker = String(repeating: "#", count: Int(name.dropFirst()) ?? 1) + " "
    case "br": owe(1)
    case "hr":
      owe(2)
      write("* * *")
      owe(2)
    case "img": changes[.embed, default: 0] += 1
    case "a": changes[.linkTarget, default: 0] += 1
    case "blockquote":
      owe(2)
      quoteDepth += 1
    case "ul", "ol":
      owe(lists.isEmpty ? 2 : 1)
      lists.append((name == "ol", 0))
    case "li":
      owe(1)
      guard !lists.isEmpty else { return marker = "- " }
      lists[lists.count - 1].count += 1
      let list = lists[lists.count - 1]
      marker = String(repeating: "  ", count: lists.count - 1) + (list.isOrdered ? "\(list.count). " : "- ")
    case "tr", "dt", "dd": owe(1)
    case "pre":
      owe(2)
      flush()
      output += "```\n"
      isPreformatted = true
    case "code": if !isPreformatted { write("`") }
    default:
      if let mark = Self.emphasis[name] {
        flush()
        output += mark
      } else if Self.paragraphs.contains(name), marker.isEmpty {
        owe(2)
      }
    }
  }

  private mutating func close(_ name: String) {
    switch name {
    case "h1", "h2", "h3", "h4", "h5", "h6":
      marker = ""
      owe(2)
    case "blockquote":
      owe(2)
      quoteDepth = max(0, quoteDepth - 1)
    case "ul", "ol":
      _ = lists.popLast()
      owe(lists.isEmpty ? 2 : 1)
    case "li": owe(1)
    case "pre":
      guard isPreformatted else { return }
      if !output.hasSuffix("\n") { output += "\n" }
      output += "```"
      isPreformatted = false
      owe(2)
    case "code": if !isPreformatted { output += "`" }
    case "td", "th": dueSpace = true
    default:
      if let mark = Self.emphasis[name] {
        output += mark
      } else if Self.paragraphs.contains(name) {
        owe(2)
      }
    }
  }

  private mutating func owe(_ breaks: Int) {
    dueSpace = false
    if !output.isEmpty { dueBreaks = max(dueBreaks, breaks) }
  }

  /// Writes what is owed before a text.
  private mutating func flush() {
    if dueBreaks > 0 || output.isEmpty {
      startLine()
    } else if dueSpace {
      output += " "
    }
    dueBreaks = 0
    dueSpace = false
  }

  private mutating func startLine() {
    let quote = String(repeating: "> ", count: quoteDepth)
    if dueBreaks > 0 {
      output += "\n"
      if dueBreaks > 1 { output += quote.withoutTrailingSpace + "\n" }
    }
    output += quote + marker
    marker = ""
  }

  /// Writes text with its white space collapsed; as it is within preformatted text.
  private mutating func write(_ text: String) {
    if isPreformatted {
      output += text
      return
    }
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
      if dueBreaks == 0, !output.isEmpty { dueSpace = true }
      if scalar == "\n" { newlines += 1 }
      if linesCount, newlines > 1 { owe(2) }
    }
    if let first = start { append(text[first...]) }
  }

  private mutating func append(_ word: Substring) {
    flush()
    output += word
  }
}
