/// Reads the TOML that front matter is written in: tables, dotted and quoted keys, the four kinds of strings, lists,
/// inline tables, and every bare value (numbers, dates, truth values) as it is written.
struct TOMLReader {
  private let bytes: [UInt8]
  private let file: String
  private let firstLine: Int
  private var position = 0
  private var fields: [String: [String]] = [:]

  /// The fields of `source`, named as ``FrontMatter`` names them.
  ///
  /// - Parameter firstLine: the line of `file` on which `source` starts.
  /// - Throws: ``SourceProblem`` at the first thing that is not TOML.
  static func fields(
    _ source: String, file: String, firstLine: Int
  ) throws(SourceProblem) -> [String: [String]] {
    var reader = TOMLReader(bytes: Array(source.utf8), file: file, firstLine: firstLine)
    try reader.readDocument()
    return reader.fields
  }

  private init(bytes: [UInt8], file: String, firstLine: Int) {
    self.bytes = bytes
    self.file = file
    self.firstLine = firstLine
  }

  private mutating func readDocument() throws(SourceProblem) {
    var table = ""
    var tables: Set<String> = []
    var names: Set<String> = []
    while true {
      skipBlank(acrossLines: true)
      guard let byte = peek else { return }
      if byte == UInt8(ascii: "[") {
        let isList = bytes[position...].starts(with: "[[".utf8)
        position += isList ? 2 : 1
        let name = isList ? try key() : try key(notIn: &tables)
        // Each element of a list has tables of its own.
        if isList { tables = [] }
        names = []
        table = name + "."
        try expect(isList ? "]]" : "]")
      } else {
        let name = table + (try key(notIn: &names))
        try expect("=")
        try readValue(named: name)
      }
      skipBlank(acrossLines: false)
      if let byte = peek, byte != 0x0A {
        throw problem("\(shown(byte)) after a value", "the end of the line")
      }
    }
  }

  // MARK: Keys and values

  /// Reads a key that its table does not have yet.
  private mutating func key(notIn names: inout Set<String>) throws(SourceProblem) -> String {
    let name = try key()
    guard names.insert(name).inserted else { throw problem("the key \"\(name)\" twice", "each key once") }
    return name
  }

  private mutating func key() throws(SourceProblem) -> String {
    var parts: [String] = []
    repeat {
      skipBlank(acrossLines: false)
      if let quote = peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
        parts.append(try string())
      } else {
        let start = position
        while let byte = peek, byte.isASCIIWord || byte == UInt8(ascii: "-") { position += 1 }
        guard position > start else { throw problem(shownNext, "a key") }
        parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
      }
      skipBlank(acrossLines: false)
    } while skip(".")
    return parts.joined(separator: ".")
  }

  /// Deeper values are refused, before reading them could exhaust the stack.
  private static let deepest = 100

  private mutating func readValue(named name: String, depth: Int = 1) throws(SourceProblem) {
    skipBlank(acrossLines: false)
    guard depth <= Self.deepest else {
      throw problem("a value within \(Self.deepest) others", "at most \(Self.deepest) within each other")
    }
    if skip("{") {
      skipBlank(acrossLines: false)
      if skip("}") { return }
      var names: Set<String> = []
      repeat {
        let member = try key(notIn: &names)
        try expect("=")
        try readValue(named: "\(name).\(member)", depth: depth + 1)
        skipBlank(acrossLines: false)
      } while skip(",")
      return try expect("}")
    }
    if skip("[") {
      fields[name.lowercased(), default: []] += []
      skipBlank(acrossLines: true)
      while !skip("]") {
        try readValue(named: name, depth: depth + 1)
        skipBlank(acrossLines: true)
        if skip(",") {
          skipBlank(acrossLines: true)
        } else if peek != UInt8(ascii: "]") {
          throw problem(shownNext, "\",\" or \"]\"")
        }
      }
      return
    }
    fields[name.lowercased(), default: []].append(try scalar())
  }

  private mutating func scalar() throws(SourceProblem) -> String {
    if let byte = peek, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { return try string() }
    let start = position
    while let byte = peek, !",]}#\n\r".utf8.contains(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self).withoutTrailingSpace
    guard let first = text.utf8.first, first.isASCIIDigit || "+-.tfin".utf8.contains(first) else {
      position = start
      throw problem(shownNext, "a value; texts stand in quotes")
    }
    return String(text)
  }

  private mutating func string() throws(SourceProblem) -> String {
    let start = position
    let quote = bytes[position]
    let isLong = bytes[position...].starts(with: [quote, quote, quote])
    let fence = [UInt8](repeating: quote, count: isLong ? 3 : 1)
    position += fence.count
    if isLong, peek == 0x0A { position += 1 }
    var text: [UInt8] = []
    while let byte = peek {
      if bytes[position...].starts(with: fence) {
        // One or two quotes may stand before the three that close.
        let extra = isLong ? bytes[position...].prefix(5).prefix { $0 == quote }.dropFirst(3) : []
        position += fence.count + extra.count
        return String(decoding: text + extra, as: UTF8.self)
      }
      if byte == 0x0A, !isLong { break }
      position += 1
      if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        text += try escape(isLong: isLong)
      } else {
        text.append(byte)
      }
    }
    position = start
    throw problem("a text without its closing quote", "one of the same kind")
  }

  private mutating func escape(isLong: Bool) throws(SourceProblem) -> [UInt8] {
    // The line goes on in the next: white space up to there and that line's own do not count.
    let space = bytes[position...].prefix(while: \.isASCIISpace)
    if isLong, space.contains(0x0A) {
      position = space.endIndex
      return []
    }
    guard let byte = peek, byte != 0x0A else { return [] }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [byte]
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let digits = bytes[position...].prefix(byte == UInt8(ascii: "u") ? 4 : 8)
      let text = String(decoding: digits, as: UTF8.self)
      guard text.first != "+", let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
        throw problem("the escape \"\\\(shownText(byte))\(text)\"", "the number of a character")
      }
      position += digits.count
      return Array(String(Character(scalar)).utf8)
    default:
      throw problem("the escape \"\\\(shownText(byte))\"", "one of \\n \\t \\r \\b \\f \\\" \\\\ \\u")
    }
  }

  // MARK: Bytes

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlank(acrossLines: Bool) {
    while let byte = peek {
      if byte == UInt8(ascii: "#") {
        while let byte = peek, byte != 0x0A { position += 1 }
      } else if byte == 0x20 || byte == 0x09 || byte == 0x0D || (acrossLines && byte == 0x0A) {
        position += 1
      } else {
        return
      }
    }
  }

  private mutating func skip(_ text: StaticString) -> Bool {
    let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes[position...].starts(with: expected) else { return false }
    position += expected.count
    return true
  }

  private mutating func expect(_ text: StaticString) throws(SourceProblem) {
    skipBlank(acrossLines: false)
    guard skip(text) else { throw problem(shownNext, "\"\(text)\"") }
  }

  private var shownNext: String { peek.map(shown) ?? "the end" }

  private func shown(_ byte: UInt8) -> String {
    byte == 0x0A ? "the end of the line" : "\"\(shownText(byte))\""
  }

  private func shownText(_ byte: UInt8) -> String {
    (0x21..<0x7F).contains(byte) ? String(Character(Unicode.Scalar(byte))) : "byte \(byte)"
  }

  private func problem(_ found: String, _ expected: String) -> SourceProblem {
    let line = firstLine + bytes[..<min(position, bytes.count)].count { $0 == 0x0A }
    return SourceProblem(
      file: file, line: line, problem: .badFrontMatter(found: found, expected: expected))
  }
}

extension UInt8 {
  var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
  var isASCIILetter: Bool { (0x61...0x7A).contains(self | 0x20) }
  /// A letter, a digit or an underscore.
  var isASCIIWord: Bool { isASCIILetter || isASCIIDigit || self == 0x5F }
  /// The letter in lower case; any other byte as it is.
  var lowercased: UInt8 { isASCIILetter ? self | 0x20 : self }
  var isASCIISpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
