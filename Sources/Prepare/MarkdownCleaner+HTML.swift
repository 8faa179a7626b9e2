/// Tags of HTML within Markdown: what they mean stays.
extension MarkdownCleaner {
  private static let emphasis = HTMLConverter.emphasis.merging(["code": "`"]) { mark, _ in mark }

  /// Drops a comment or a tag, with all that is in it where that is not for reading; what a tag means becomes
  /// Markdown.
  mutating func dropMarkup() -> Bool {
    let rest = bytes[position...]
    if rest.starts(with: "<!--".utf8) { return dropComment() }
    if unwrapAutolink() { return true }
    guard let tag = InlineTag(rest, hasBraces: source == .mdx) else { return false }
    if !tag.closes, let change = dropElement(tag) {
      count(change)
      return true
    }
    position += tag.length
    count(tag.name == "img" ? .embed : .html)
    if tag.closes { close(tag.name) } else { open(tag.name) }
    return true
  }

  /// Drops a comment, one that starts a line with all that comes where it has no end; within a sentence it is text
  /// unless it ends in its paragraph.
  private mutating func dropComment() -> Bool {
    let start = bytes[line.range].firstIndex { !" \t>-+*".utf8.contains($0) } ?? position
    let end = next("-->", from: position + 2).map { $0 + 3 }
    if start == position, !isFragment { return drop((end ?? bytes.count) - position, as: .comment) }
    // What follows a tag at the start of a line is as much HTML as the tag.
    let isMarkup = bytes[start] == UInt8(ascii: "<")
    guard let end, isMarkup || end <= next("\n\n", from: position) ?? bytes.count else { return false }
    return drop(end - position, as: .comment)
  }

  /// Goes on behind an element whose content is not for reading or is not Markdown.
  private mutating func dropElement(_ tag: InlineTag) -> TextChange? {
    let name = tag.name
    // On a page it stands beside the text; who writes it in Markdown, or has Notion export a callout, means it to be read.
    let furniture = name == "aside" ? nil : HTMLFurniture.kind(of: name)
    guard furniture != nil || name == "pre" || name == "sup" else { return nil }
    let contentStart = position + tag.length
    guard !tag.isEmpty, let close = closingTag(of: name, from: contentStart),
      let end = find(">", from: close, limit: 64)
    else {
      guard let furniture else { return nil }
      position = contentStart
      return furniture
    }
    if name == "sup", Superscript(bytes[contentStart..<close]) != .note { return nil }
    if name == "pre" {
      let element = String(decoding: bytes[position...end], as: UTF8.self)
      writeBlock(HTMLConverter.markdown(of: element).text, to: end + 1)
    } else {
      position = end + 1
    }
    return furniture ?? .html
  }

  /// Where the element `name` ends that goes on at `start`; a superscript ends soon.
  private mutating func closingTag(of name: String, from start: Int) -> Int? {
    name == "sup" ? find("</sup", from: start, limit: 512) : next("</\(name)", from: start)
  }

  /// Whether the line that is being read is a row of a table.
  private var isTableRow: Bool {
    mutating get { bytes[line.range].first { !$0.isASCIISpace } == UInt8(ascii: "|") }
  }

  private mutating func open(_ name: String) {
    switch name {
    // A row that ends is none.
    case "br": output.append(isTableRow ? 0x20 : 0x0A)
    case "hr":
      startBlock(2)
      output += "* * *".utf8
      startBlock(2)
    case "h1", "h2", "h3", "h4", "h5", "h6":
      startBlock(2)
      output += String(repeating: "#", count: Int(name.dropFirst()) ?? 1).utf8 + [0x20]
    case "blockquote":
      startBlock(2)
      // Deeper ones are part of the last, so that no text takes time with the square of its length.
      if quotations.count < 32 { quotations.append((output.count, lineMarks)) }
    case "ul", "ol":
      startBlock(lists.isEmpty ? 2 : 1)
      lists.append(name == "ol" ? 0 : nil)
    case "li": startItem()
    case "tr", "dt", "dd": startBlock(1)
    case "td", "th": break
    case "sup":
      let content = bytes[position..<(find("</sup", from: position, limit: 512) ?? position)]
      if Superscript(content) == .power { output.append(UInt8(ascii: "^")) }
    default:
      if let mark = Self.emphasis[name] {
        output += mark.utf8
        emphasisStart = (output.count, mark)
      } else if HTMLConverter.blocks.contains(name) {
        startBlock(2)
      }
    }
  }

  private mutating func close(_ name: String) {
    switch name {
    case "li", "tr", "dt", "dd", "hr": break
    case "blockquote":
      if !quotations.isEmpty { closeQuotation() }
      startBlock(2)
    case "ul", "ol":
      _ = lists.popLast()
      startBlock(lists.isEmpty ? 2 : 1)
    case "td", "th": output.append(0x20)
    default:
      if let mark = Self.emphasis[name] {
        // Emphasis without a word in it is an icon.
        let isEmpty = emphasisStart.map { $0.end == output.count && $0.mark == mark } ?? false
        if isEmpty { output.removeLast(mark.utf8.count) } else { output += mark.utf8 }
      } else if HTMLConverter.blocks.contains(name) {
        startBlock(2)
      }
    }
  }
}
