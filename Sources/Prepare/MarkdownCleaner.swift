/// Takes the plumbing out of Markdown and leaves what is voice: headings, emphasis, lists, quotations and code.
///
/// Shortcodes, comments, images, embeds, link targets and tags of HTML go; the words of a link stay. Code, fenced,
/// indented or between backticks, is never touched.
struct MarkdownCleaner {
  private let bytes: [UInt8]
  private let isConverted: Bool
  /// The blocks of code that are not passed yet, the last one first.
  private var code: [Range<Int>]
  private var position = 0
  private var output: [UInt8] = []
  private var changes: [TextChange: Int] = [:]

  /// The piece of `markdown` without plumbing, and what was taken out.
  ///
  /// - Parameter isConverted: the text was HTML, so that a `<` or a `[` in it is one the writer showed.
  static func clean(_ markdown: String, isConverted: Bool = false) -> CleanText {
    let bytes = Array(markdown.utf8)
    let lines = MarkdownLines.lines(of: bytes, dialect: .markdown)
    let code = lines.filter { $0.block == .fencedCode || $0.block == .indentedCode }.map(\.range)
    var cleaner = MarkdownCleaner(bytes: bytes, isConverted: isConverted, code: code.reversed())
    cleaner.run()
    return CleanText(text: tidied(cleaner.output), changes: cleaner.changes)
  }

  private init(bytes: [UInt8], isConverted: Bool, code: [Range<Int>]) {
    self.bytes = bytes
    self.isConverted = isConverted
    self.code = code
    output.reserveCapacity(bytes.count)
  }

  private mutating func run() {
    var startsLine = true
    while position < bytes.count {
      if startsLine {
        if copyCodeLine() || dropLine() { continue }
      }
      let byte = bytes[position]
      startsLine = byte == 0x0A
      switch byte {
      case UInt8(ascii: "\\"): copy(2)
      case UInt8(ascii: "`"): copyCode()
      case UInt8(ascii: "{"): if !dropTemplateCall() { copy(1) }
      case UInt8(ascii: "<"): if isConverted || !dropMarkup() { copy(1) }
      case UInt8(ascii: "!"): if isConverted || !dropImage() { copy(1) }
      case UInt8(ascii: "["): if !dropBracketCode(), isConverted || !unwrapLink() { copy(1) }
      case UInt8(ascii: "h"): if !cleanAddress() { copy(1) }
      default: copy(1)
      }
    }
  }

  // MARK: Code

  /// Copies a line of a block of code.
  private mutating func copyCodeLine() -> Bool {
    // What was dropped in one piece, a comment or a script, may have had such lines in it.
    while let line = code.last, line.lowerBound < position { code.removeLast() }
    guard let line = code.last, line.lowerBound == position else { return false }
    copy(line.count)
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

  // MARK: Lines

  /// Drops a line that is nothing but plumbing: a link's definition, an address alone, a table of contents.
  private mutating func dropLine() -> Bool {
    let line = bytes[position..<lineEnd]
    let words = line.drop { $0.isASCIISpace }
    guard let first = words.first else { return false }
    if first == UInt8(ascii: "h"), Self.isAddress(words) {
      return drop(line.count + 1, as: .embed)
    }
    if first == UInt8(ascii: "["), !words.starts(with: "[^".utf8),
      let close = words.firstIndex(of: UInt8(ascii: "]")),
      words[close...].starts(with: "]: ".utf8), words[close...].contains(UInt8(ascii: "/"))
    {
      return drop(line.count + 1, as: .linkTarget)
    }
    if words.starts(with: "[TOC]".utf8) || words.starts(with: "[[toc]]".utf8) {
      return drop(line.count + 1, as: .navigation)
    }
    return false
  }

  private static func isAddress(_ line: ArraySlice<UInt8>) -> Bool {
    guard line.starts(with: "http://".utf8) || line.starts(with: "https://".utf8) else { return false }
    return line.reversed().drop { $0.isASCIISpace }.allSatisfy { !$0.isASCIISpace }
  }

  // MARK: Plumbing within a line

  /// Drops `{{ … }}`, `{% … %}` and `{: … }`; Jekyll's highlight blocks become fenced code.
  private mutating func dropTemplateCall() -> Bool {
    for (open, close) in [("{{", "}}"), ("{%", "%}"), ("{:", "}")]
    where bytes[position...].starts(with: open.utf8) {
      guard let end = find(close, from: position + 2, limit: 4096) else { return false }
      let words = String(decoding: bytes[position + 2..<end], as: UTF8.self)
        .split { $0.isWhitespace || $0 == "-" }
      if open == "{%", words.first == "highlight" {
        output += "```\(words.count > 1 ? words[1] : "")".utf8
        position = end + close.utf8.count
        count(.shortcode)
        while position < bytes.count, let close = find("{%", from: position, limit: .max) {
          output += bytes[position..<close]
          position = close
          guard
            bytes[close...].dropFirst(2).drop(while: { $0 == 0x20 || $0 == 0x2D }).starts(
              with: "endhighlight".utf8),
            let end = find("%}", from: close, limit: 4096)
          else {
            copy(2)
            continue
          }
          output += "```".utf8
          position = end + 2
          break
        }
        return true
      }
      return drop(end + close.utf8.count - position, as: .shortcode)
    }
    return false
  }

  private static let bracketCodes: Set<String> = [
    "caption", "gallery", "embed", "youtube", "vimeo", "audio", "video", "playlist", "contact-form",
    "contact-form-7",
    "soundcloud", "twitter", "tweet", "instagram", "more", "sourcecode", "code", "wp_caption", "button",
    "subscribe",
    "subscription_form", "sharing", "poll", "spotify", "googlemaps",
  ]

  /// Drops WordPress's `[gallery ids="1"]` and `[/caption]`; what stands between two stays, but for an embed's address.
  private mutating func dropBracketCode() -> Bool {
    var name = position + 1
    if name < bytes.count, bytes[name] == UInt8(ascii: "/") { name += 1 }
    let word = bytes[min(name, bytes.count)...].prefix { $0.isASCIIWord || $0 == UInt8(ascii: "-") }
    guard !word.isEmpty, Self.bracketCodes.contains(String(decoding: word, as: UTF8.self).lowercased()),
      let end = find("]", from: name, limit: 1024)
    else { return false }
    // `[more](address)` and `[more][1]` are links.
    if end + 1 < bytes.count, bytes[end + 1] == UInt8(ascii: "(") || bytes[end + 1] == UInt8(ascii: "[") {
      return false
    }
    return drop(end + 1 - position, as: .shortcode)
  }

  /// Drops `![words](address)` and `![words][name]`.
  private mutating func dropImage() -> Bool {
    guard bytes[position...].starts(with: "![".utf8), let end = linkEnd(from: position + 1) else {
      return false
    }
    return drop(end.link - position, as: .embed)
  }

  /// Leaves the words of `[words](address)` and `[words][name]`, which are cleaned in their turn.
  private mutating func unwrapLink() -> Bool {
    guard let end = linkEnd(from: position), !bytes[position...].starts(with: "[^".utf8) else { return false }
    count(.linkTarget)
    let words = MarkdownCleaner.fragment(Array(bytes[position + 1..<end.words]))
    output += words.output
    changes.merge(words.changes, uniquingKeysWith: +)
    position = end.link
    return true
  }

  private static func fragment(_ bytes: [UInt8]) -> MarkdownCleaner {
    var cleaner = MarkdownCleaner(bytes: bytes, isConverted: false, code: [])
    cleaner.run()
    return cleaner
  }

  /// Where the words of the link that opens at `start` end, and where it ends itself.
  private func linkEnd(from start: Int) -> (words: Int, link: Int)? {
    guard let words = closing(UInt8(ascii: "["), UInt8(ascii: "]"), from: start), words + 1 < bytes.count
    else {
      return nil
    }
    switch bytes[words + 1] {
    case UInt8(ascii: "("):
      return closing(UInt8(ascii: "("), UInt8(ascii: ")"), from: words + 1).map { (words, $0 + 1) }
    case UInt8(ascii: "["):
      return closing(UInt8(ascii: "["), UInt8(ascii: "]"), from: words + 1).map { (words, $0 + 1) }
    default: return nil
    }
  }

  /// The partner of the bracket at `start`, within the paragraph.
  private func closing(_ open: UInt8, _ close: UInt8, from start: Int) -> Int? {
    var depth = 0
    var index = start
    while index < bytes.count, index - start < 4096 {
      switch bytes[index] {
      case UInt8(ascii: "\\"): index += 1
      case open: depth += 1
      case close:
        depth -= 1
        if depth == 0 { return index }
      case 0x0A where index + 1 < bytes.count && bytes[index + 1] == 0x0A: return nil
      default: break
      }
      index += 1
    }
    return nil
  }

  private static let hiddenElements = [
    "script", "style", "iframe", "svg", "form", "noscript", "object", "video", "audio",
  ]
  private static let emphasis = ["em": "*", "i": "*", "strong": "**", "b": "**", "code": "`"]

  /// Drops a comment or a tag, with all that is in it where that is not for reading; emphasis becomes Markdown's.
  private mutating func dropMarkup() -> Bool {
    if bytes[position...].starts(with: "<!--".utf8) {
      let end = find("-->", from: position + 4, limit: .max).map { $0 + 3 } ?? bytes.count
      return drop(end - position, as: .comment)
    }
    var start = position + 1
    let closes = start < bytes.count && bytes[start] == UInt8(ascii: "/")
    if closes { start += 1 }
    guard start < bytes.count, bytes[start].isASCIILetter else { return false }
    let rest = bytes[start...]
    if rest.starts(with: "http://".utf8) || rest.starts(with: "https://".utf8),
      let end = find(">", from: start, limit: 2048)
    {
      return drop(end + 1 - position, as: .linkTarget)
    }
    let name = String(decoding: rest.prefix { $0.isASCIIWord || $0 == UInt8(ascii: "-") }, as: UTF8.self)
      .lowercased()
    let after = start + name.utf8.count
    guard after < bytes.count,
      bytes[after].isASCIISpace || bytes[after] == UInt8(ascii: ">") || bytes[after] == UInt8(ascii: "/"),
      let end = find(">", from: after, limit: 4096)
    else { return false }
    if !closes, Self.hiddenElements.contains(name), bytes[end - 1] != UInt8(ascii: "/") {
      let close = find("</\(name)", from: end, limit: .max).flatMap { find(">", from: $0, limit: 64) }
      return drop((close ?? end) + 1 - position, as: .embed)
    }
    position = end + 1
    if let mark = Self.emphasis[name] { output += mark.utf8 }
    if name == "br" { output.append(0x0A) }
    count(name == "img" ? .embed : .html)
    return true
  }

  private static let trackers = ["utm_", "fbclid", "gclid", "mc_cid", "mc_eid", "igshid"]

  /// Copies an address in the text without the parameters that follow its readers.
  private mutating func cleanAddress() -> Bool {
    let rest = bytes[position...]
    guard rest.starts(with: "http://".utf8) || rest.starts(with: "https://".utf8) else { return false }
    let address = rest.prefix { !$0.isASCIISpace && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: ")") }
    let parts = address.split(separator: UInt8(ascii: "?"), maxSplits: 1)
    guard parts.count == 2 else {
      copy(address.count)
      return true
    }
    let parameters = parts[1].split(separator: UInt8(ascii: "&"))
    let kept = parameters.filter { parameter in !Self.trackers.contains { parameter.starts(with: $0.utf8) } }
    guard kept.count < parameters.count else {
      copy(address.count)
      return true
    }
    output += parts[0]
    if !kept.isEmpty { output += [UInt8(ascii: "?")] + kept.joined(separator: [UInt8(ascii: "&")]) }
    position += address.count
    count(.tracking)
    return true
  }

  // MARK: Bytes

  private var lineEnd: Int { bytes[position...].firstIndex(of: 0x0A) ?? bytes.count }

  private mutating func copy(_ number: Int) {
    let end = min(position + number, bytes.count)
    output += bytes[position..<end]
    position = end
  }

  private mutating func drop(_ number: Int, as change: TextChange) -> Bool {
    position = min(position + number, bytes.count)
    count(change)
    return true
  }

  private mutating func count(_ change: TextChange) { changes[change, default: 0] += 1 }

  private func find(_ text: String, from start: Int, limit: Int) -> Int? {
    guard start <= bytes.count else { return nil }
    let end = limit < bytes.count - start ? start + limit : bytes.count
    return bytes[start..<end].firstOffset(of: Array(text.utf8))
  }

  /// The text without white space at line ends, with at most one empty line in a row and none at either end.
  private static func tidied(_ bytes: [UInt8]) -> String {
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
