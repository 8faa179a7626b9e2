import Train

/// Turns HTML into Markdown: headings, paragraphs, emphasis, lists, quotations and code stay; what ``HTMLFurniture``
/// has goes, and the address behind a link.
struct HTMLConverter {
  private var writer = MarkdownWriter()
  private var changes: [TextChange: Int] = [:]
  /// What the `pre` that is open has so far.
  private var codeBlock: String?
  /// What the `code` that is open in a sentence has so far.
  private var code: String?
  /// Whether the ends of lines are the writer's outside of paragraphs and tables, as in what WordPress's old editor
  /// stored.
  private let linesCount: Bool
  private var isInParagraph = false
  private var tableDepth = 0

  /// The Markdown of `html`, and what was taken out of it.
  ///
  /// - Parameter isWordPress: ends of lines may count, and `[code]` is code.
  static func markdown(of html: String, isWordPress: Bool = false) -> CleanText {
    // WordPress leaves the lines alone in what its new editor marked as blocks.
    var converter = HTMLConverter(linesCount: isWordPress && !html.contains("<!-- wp:"))
    let source = isWordPress ? CodeShortcode.preformatted(html) : html
    Array(source.utf8).withUnsafeBytes { converter.run($0) }
    return CleanText(text: converter.writer.output, changes: converter.changes)
  }

  private init(linesCount: Bool) { self.linesCount = linesCount }

  /// Elements before and behind which a line ends.
  static let blocks: Set<String> = [
    "p", "div", "section", "article", "main", "header", "footer", "nav", "aside", "figure", "figcaption",
    "table",
    "dl", "body", "details", "summary", "center", "address", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "blockquote", "ul", "ol", "li", "tr", "td", "th", "dt", "dd", "pre",
  ]
  /// The mark of each element that emphasises.
  static let emphasis = ["em": "*", "i": "*", "strong": "**", "b": "**"]

  private mutating func run(_ bytes: UnsafeRawBufferPointer) {
    var tokens = MarkupTokenizer(bytes)
    while let token = tokens.next() {
      switch token {
      case .text(let range): write(HTMLEntities.decoded(String(decoding: bytes[range], as: UTF8.self)))
      case .cdata(let range): write(String(decoding: bytes[range], as: UTF8.self))
      case .comment: changes[.comment, default: 0] += 1
      case .open(let name, let attributes, let isEmpty):
        if let change = HTMLFurniture.skip(name, attributes, isEmpty: isEmpty, in: &tokens) {
          changes[change, default: 0] += 1
        } else {
          open(name, tokens)
        }
      case .close(let name): close(name)
      }
    }
    endCode()
    endCodeBlock()
  }

  private mutating func open(_ name: String, _ tokens: MarkupTokenizer) {
    if name == "a" { changes[.linkTarget, default: 0] += 1 }
    if codeBlock != nil { return breakCodeLine(at: name) }
    if Self.blocks.contains(name) {
      endCode()
      isInParagraph = name == "p"
    }
    switch name {
    case "table":
      tableDepth += 1
      writer.owe(2)
    case "h1", "h2", "h3", "h4", "h5", "h6": writer.openHeading(Int(name.dropFirst()) ?? 1)
    case "br": breakLine()
    case "hr":
      writer.owe(2)
      writer.write("* * *")
      writer.owe(2)
    case "img": changes[.embed, default: 0] += 1
    case "blockquote": writer.openQuotation()
    case "ul", "ol": writer.openList(isOrdered: name == "ol")
    case "li": writer.openItem()
    case "tr", "dt", "dd": writer.owe(1)
    case "td", "th": break
    case "pre": codeBlock = ""
    case "code": code = code ?? ""
    case "sup": if Superscript(tokens.content(of: name)) == .power { write("^") }
    default:
      if let mark = Self.emphasis[name] {
        if code == nil { writer.openEmphasis(mark) }
      } else if Self.blocks.contains(name) {
        writer.openParagraph()
      }
    }
  }

  private mutating func close(_ name: String) {
    if codeBlock != nil {
      if name == "pre" { endCodeBlock() } else { breakCodeLine(at: name) }
      return
    }
    if Self.blocks.contains(name) {
      endCode()
      isInParagraph = false
    }
    switch name {
    case "table":
      tableDepth = max(0, tableDepth - 1)
      writer.owe(2)
    case "h1", "h2", "h3", "h4", "h5", "h6": writer.closeHeading()
    case "blockquote": writer.closeQuotation()
    case "ul", "ol": writer.closeList(isOrdered: name == "ol")
    case "li": writer.closeItem()
    case "tr", "dt", "dd", "hr", "pre": break
    case "code": endCode()
    case "td", "th": writer.oweSpace()
    default:
      if let mark = Self.emphasis[name] {
        if code == nil { writer.closeEmphasis(mark) }
      } else if Self.blocks.contains(name) {
        writer.owe(2)
      }
    }
  }

  private mutating func write(_ text: String) {
    if codeBlock != nil {
      codeBlock? += text
    } else if code != nil {
      code? += text
    } else {
      writer.write(text, linesCount: linesCount && !isInParagraph && tableDepth == 0)
    }
  }

  /// A break ends the line of code as well, and the code goes on in the next.
  private mutating func breakLine() {
    let isCode = code != nil
    endCode()
    writer.lineBreak()
    if isCode { code = "" }
  }

  private mutating func breakCodeLine(at name: String) {
    guard let text = codeBlock, name == "br" || Self.blocks.contains(name) else { return }
    if name == "br" || !(text.isEmpty || text.hasSuffix("\n")) { codeBlock? += "\n" }
  }

  private mutating func endCode() {
    if let text = code { writer.writeCode(text) }
    code = nil
  }

  private mutating func endCodeBlock() {
    if let text = codeBlock { writer.writeCodeBlock(text) }
    codeBlock = nil
  }
}
