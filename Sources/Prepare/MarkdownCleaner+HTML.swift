/// Tags of HTML within Markdown: what they mean stays.
extension MarkdownCleaner {
  private static let hiddenElements = [
    "script", "style", "iframe", "svg", "form", "noscript", "object", "video", "audio",
  ]
  private static let emphasis = ["em": "*", "i": "*", "strong": "**", "b": "**", "code": "`"]
  /// Drops a comment or a tag, with all that is in it where that is not for reading; what a tag means becomes
  /// Markdown.
  mutating func dropMarkup() -> Bool {
    let rest = bytes[position...]
    if rest.starts(with: "<!--".utf8) { return dropComment() }
    if rest.starts(with: "<http://".utf8) || rest.starts(with: "<https://".utf8) {
      let address = rest.dropFirst().prefix { $0 > 0x20 && !"<>".utf8.contains($0) }
      guard address.endIndex < bytes.count, bytes[address.endIndex] == UInt8(ascii: ">") else { return false }
      return drop(address.count + 2, as: .linkTarget)
    }
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
    let end = next("-->", from: position + 4).map { $0 + 3 }
    if start == position, !isFragment { return drop((end ?? bytes.count) - position, as: .comment) }
    // What follows a tag at the start of a line is as much HTML as the tag.
    let isMarkup = bytes[start] == UInt8(ascii: "<")
    guard let end, isMarkup || end <= next("\n\n", from: position) ?? bytes.count else { return false }
    return drop(end - position, as: .comment)
  }

  /// Goes on behind an element whose content is not for reading or is not Markdown.
  private mutating func dropElement(_ tag: InlineTag) -> TextChange? {
    let name = tag.name
    let isHidden = Self.hiddenElements.contains(name)
    guard isHidden || name == "pre" || name == "sup" else { return nil }
    let contentStart = position + tag.length
    guard !tag.isEmpty, let close = find("</\(name)", from: contentStart, limit: name == "sup" ? 512 : .max),
      let end = find(">", from: close, limit: 64)
    else {
      guard isHidden else { return nil }
      position = contentStart
      return .embed
    }
    if name == "sup", Superscript(bytes[contentStart..<close]) != .note { return nil }
    let element = position...end
    position = end + 1
    if name == "pre" {
      writeBlock(HTMLConverter.markdown(of: String(decoding: bytes[element], as: UTF8.self)).text)
    }
    return isHidden ? .embed : .html
  }

  private mutating func open(_ name: String) {
    switch name {
    case "br": output.append(0x0A)
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
      if quotations.count < 32 { quotations.append(output.count) }
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

  private mutating func startItem() {
    startBlock(1)
    // Three columns are within an item of either kind.
    output += String(repeating: "   ", count: min(max(lists.count, 1) - 1, 32)).utf8
    if case let number?? = lists.last {
      lists[lists.count - 1] = number + 1
      output += "\(number + 1). ".utf8
    } else {
      output += "- ".utf8
    }
  }

  /// Puts the mark of a quotation before every line of the innermost one.
  mutating func closeQuotation() {
    let start = quotations.removeLast()
    let text = Self.tidied(Array(output[start...]))
    output.removeLast(output.count - start)
    let marks = text.isEmpty ? "" : "> "
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // The quotation is whole: what comes has no part in its marks.
    output += (lines.map { (marks + $0).withoutTrailingSpace } + ["", ""]).joined(separator: "\n").utf8
  }

  /// Writes a block of lines, each behind the marks of the item or quotation it is in.
  mutating func writeBlock(_ text: String) {
    startBlock(2)
    let marks = output[outputLineStart...].map { $0 == UInt8(ascii: ">") ? $0 : 0x20 }
    let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    output += lines.joined(separator: [0x0A] + marks)
    startBlock(2)
  }

  /// Where the last line of the output starts, behind what is outside of the innermost quotation.
  private var outputLineStart: Int {
    let base = quotations.last ?? 0
    return output[base...].lastIndex(of: 0x0A).map { $0 + 1 } ?? base
  }

  /// Sees to so many ends of lines before what comes; a line of marks alone, `- ` or `> `, goes on.
  private mutating func startBlock(_ breaks: Int) {
    let base = quotations.last ?? 0
    while output.count > base, output.last == 0x20 || output.last == 0x09 { output.removeLast() }
    let line = Array(output[outputLineStart...])
    let marks = line.prefix { " \t>".utf8.contains($0) }
    let isQuoted = marks.contains(UInt8(ascii: ">"))
    if !line.isEmpty, Self.isMark(line[marks.endIndex...]) {
      output.append(0x20)
    } else if isQuoted {
      // What comes on the next line has marks of its own.
      guard !bytes[position..<lineEnd].allSatisfy(\.isASCIISpace) else { return }
      if breaks > 1 { output += [0x0A] + marks }
      output += [0x0A] + marks
    } else if output.count > base {
      let present = output[base...].reversed().prefix { $0 == 0x0A }.count
      output += Array(repeating: 0x0A, count: max(0, breaks - present))
    }
    let end = isQuoted ? lineEnd : nextCode
    while position < end, bytes[position].isASCIISpace { position += 1 }
    blockStart = position
  }

  /// Whether a line behind the marks of its quotations is nothing, or the mark of an item or heading alone.
  private static func isMark(_ line: ArraySlice<UInt8>) -> Bool {
    guard let last = line.last else { return true }
    if last == UInt8(ascii: "#") { return line.allSatisfy { $0 == last } }
    if line.count == 1 { return "-+*".utf8.contains(last) }
    return (last == UInt8(ascii: ".") || last == UInt8(ascii: ")"))
      && line.dropLast().allSatisfy(\.isASCIIDigit)
  }
}
