/// Cuts HTML or XML into tags and text, in one pass and without ever failing: what is no tag is text.
struct MarkupTokenizer {
  /// One piece of markup; ranges are bytes of the source.
  enum Token: Equatable {
    case text(Range<Int>)
    /// Text in which nothing is escaped.
    case cdata(Range<Int>)
    /// An opening tag, its name in lower case, and where its attributes are.
    case open(String, attributes: Range<Int>, isEmpty: Bool)
    case close(String)
    case comment
  }

  private let bytes: UnsafeRawBufferPointer
  /// Where the next token starts.
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next token, or nil at the end.
  mutating func next() -> Token? {
    guard position < bytes.count else { return nil }
    let start = position
    if bytes[start] == UInt8(ascii: "<"), let token = markup() { return token }
    let end = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
    position = end
    return .text(start..<end)
  }

  /// Goes on behind the closing tag of `name`, or to the end where it has none.
  mutating func skip(past name: String) {
    let closing = Array("</\(name)".utf8)
    while position < bytes.count {
      position = bytes[position...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
      let rest = bytes[position...]
      if rest.prefix(closing.count).map(\.lowercased) == closing {
        position = rest.firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? bytes.count
        return
      }
      position = min(position + 1, bytes.count)
    }
  }

  /// Goes on behind the end of the element `name` that was just opened, with those of its kind within it; stays
  /// where it has no end, or none that is near.
  mutating func skipElement(_ name: String) -> Bool {
    var ahead = self
    var depth = 1
    while ahead.position - position < 1 << 15, let token = ahead.next() {
      if case .open(name, _, isEmpty: false) = token { depth += 1 }
      if token == .close(name) { depth -= 1 }
      guard depth > 0 else {
        self = ahead
        return true
      }
    }
    return false
  }

  /// What stands between here and the next closing tag of `name`, where that is near.
  func content(of name: String) -> ArraySlice<UInt8> {
    let next = Array(bytes[position...].prefix(512))
    return next[..<(next.firstOffset(of: Array("</\(name)".utf8)) ?? 0)]
  }

  /// The value of attribute `name` in a tag's attributes.
  func attribute(_ name: String, in range: Range<Int>) -> String? {
    var index = range.lowerBound
    while index < range.upperBound {
      let key = bytes[index..<range.upperBound].prefix { $0.isASCIIWord || $0 == 0x2D || $0 == 0x3A }
      index = max(key.endIndex, index + 1)
      guard !key.isEmpty, index < range.upperBound, bytes[index] == UInt8(ascii: "=") else { continue }
      index += 1
      guard index < range.upperBound else { return nil }
      let quote = bytes[index]
      let isQuoted = quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
      let value = bytes[(isQuoted ? index + 1 : index)..<range.upperBound].prefix {
        isQuoted ? $0 != quote : !$0.isASCIISpace
      }
      if key.lazy.map(\.lowercased).elementsEqual(name.utf8) {
        return HTMLEntities.decoded(String(decoding: value, as: UTF8.self))
      }
      index = value.endIndex + (isQuoted ? 1 : 0)
    }
    return nil
  }

  private mutating func markup() -> Token? {
    let rest = bytes[position...]
    if rest.starts(with: "<!--".utf8) {
      skip(to: "-->")
      return .comment
    }
    if rest.starts(with: "<![CDATA[".utf8) {
      let start = position + 9
      skip(to: "]]>")
      let isClosed = bytes[..<position].suffix(3).elementsEqual("]]>".utf8)
      return .cdata(start..<max(start, isClosed ? position - 3 : position))
    }
    var index = position + 1
    guard index < bytes.count else { return nil }
    if bytes[index] == UInt8(ascii: "!") || bytes[index] == UInt8(ascii: "?") {
      skip(to: ">")
      return .comment
    }
    let closes = bytes[index] == UInt8(ascii: "/")
    if closes { index += 1 }
    guard index < bytes.count, bytes[index].isASCIILetter else { return nil }
    let name = bytes[index...].prefix { $0.isASCIIWord || $0 == 0x2D || $0 == 0x3A }
    guard let end = tagEnd(from: name.endIndex) else { return nil }
    position = end + 1
    let text = String(decoding: name, as: UTF8.self).lowercased()
    if closes { return .close(text) }
    return .open(text, attributes: name.endIndex..<end, isEmpty: bytes[end - 1] == UInt8(ascii: "/"))
  }

  /// The `>` that ends a tag; one between quotes, which stand behind a `=`, does not. A tag within one is none: else
  /// each of many that have no end would be looked through up to the end of the source.
  private func tagEnd(from start: Int) -> Int? {
    var quote: UInt8?
    var last: UInt8 = 0
    for index in start..<bytes.count {
      let byte = bytes[index]
      if let open = quote {
        if byte == open { quote = nil }
      } else if last == UInt8(ascii: "="), byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        return index
      } else if byte == UInt8(ascii: "<") {
        return nil
      }
      if !byte.isASCIISpace { last = byte }
    }
    return nil
  }

  private mutating func skip(to text: StaticString) {
    let pattern = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    let last = pattern[pattern.count - 1]
    var index = position + pattern.count
    while index < bytes.count {
      if bytes[index] == last, bytes[(index + 1 - pattern.count)...index].elementsEqual(pattern) {
        position = index + 1
        return
      }
      index += 1
    }
    position = bytes.count
  }
}
