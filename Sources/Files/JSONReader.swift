/// One pass over the bytes of a JSON text: a recursive-descent parser.
///
/// Every read is behind a comparison with `bytes.count`.
struct JSONReader {
  /// A problem and the byte at which it lies; the line is counted only once there is an error.
  struct Fault: Error {
    let offset: Int
    let problem: JSONParseError.Problem
  }

  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var depth = 0
  /// Collects the bytes of strings with escapes; kept between strings for its capacity.
  private var unescaped: [UInt8] = []

  init(bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  mutating func parseText() throws(Fault) -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    skipWhitespace()
    let value = try parseValue()
    skipWhitespace()
    if position < bytes.count { throw unexpected(expected: "the end of the text") }
    return value
  }

  // MARK: Values

  /// Parses the value that starts at `position`, which is past white space.
  private mutating func parseValue() throws(Fault) -> JSONValue {
    guard let byte = peek() else { throw unexpected(expected: "a value") }
    switch byte {
    case UInt8(ascii: "{"): return .object(try parseObject())
    case UInt8(ascii: "["): return .array(try parseArray())
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
    case UInt8(ascii: "t") where take("true"): return .bool(true)
    case UInt8(ascii: "f") where take("false"): return .bool(false)
    case UInt8(ascii: "n") where take("null"): return .null
    default: throw unexpected(expected: "a value")
    }
  }

  private mutating func parseObject() throws(Fault) -> JSONObject {
    try enter()
    defer { depth -= 1 }
    var object = JSONObject()
    skipWhitespace()
    if take(UInt8(ascii: "}")) { return object }
    while true {
      let keyOffset = position
      guard peek() == UInt8(ascii: "\"") else {
        throw unexpected(expected: object.isEmpty ? "a key in quotes or \"}\"" : "a key in quotes")
      }
      let key = try parseString()
      skipWhitespace()
      guard take(UInt8(ascii: ":")) else { throw unexpected(expected: "\":\"") }
      skipWhitespace()
      let value = try parseValue()
      guard object.append(key, value) else { throw fault(.duplicateKey(key), at: keyOffset) }
      skipWhitespace()
      if take(UInt8(ascii: "}")) { return object }
      guard take(UInt8(ascii: ",")) else { throw unexpected(expected: "\",\" or \"}\"") }
      skipWhitespace()
    }
  }

  private mutating func parseArray() throws(Fault) -> [JSONValue] {
    try enter()
    defer { depth -= 1 }
    var elements: [JSONValue] = []
    skipWhitespace()
    if take(UInt8(ascii: "]")) { return elements }
    while true {
      elements.append(try parseValue())
      skipWhitespace()
      if take(UInt8(ascii: "]")) { return elements }
      guard take(UInt8(ascii: ",")) else { throw unexpected(expected: "\",\" or \"]\"") }
      skipWhitespace()
    }
  }

  /// Steps over the opening bracket, one level down.
  private mutating func enter() throws(Fault) {
    guard depth < JSONParser.depthLimit else {
      throw fault(.tooDeep(limit: JSONParser.depthLimit), at: position)
    }
    depth += 1
    position += 1
  }

  // MARK: Numbers

  private mutating func parseNumber() throws(Fault) -> JSONValue {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    let firstDigit = position
    // Kept negative, so that -2^63 fits; nil once it no longer does.
    var whole: Int64? = 0
    while let digit = takeDigit() {
      whole = whole.flatMap { value in
        let (tens, tooLong) = value.multipliedReportingOverflow(by: 10)
        let (sum, tooLarge) = tens.subtractingReportingOverflow(Int64(digit))
        return tooLong || tooLarge ? nil : sum
      }
    }
    guard position > firstDigit else { throw unexpected(expected: "a digit") }
    if bytes[firstDigit] == UInt8(ascii: "0"), position > firstDigit + 1 {
      position = firstDigit + 1
      throw unexpected(expected: "no digit after a leading zero")
    }
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      try skipDigits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try skipDigits()
    }
    if isWhole, let whole, !(isNegative && whole == 0) {
      if isNegative { return .integer(whole) }
      if whole > Int64.min { return .integer(-whole) }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let number = Double(text), number.isFinite else {
      throw fault(.numberOutOfRange(text), at: start)
    }
    return .number(number)
  }

  private mutating func skipDigits() throws(Fault) {
    guard takeDigit() != nil else { throw unexpected(expected: "a digit") }
    while takeDigit() != nil {}
  }

  private mutating func takeDigit() -> UInt8? {
    guard position < bytes.count else { return nil }
    let digit = bytes[position] &- UInt8(ascii: "0")
    guard digit < 10 else { return nil }
    position += 1
    return digit
  }

  // MARK: Strings

  /// Parses the string whose opening quote is at `position`.
  private mutating func parseString() throws(Fault) -> String {
    position += 1
    let start = position
    skipPlainBytes()
    if peek() == UInt8(ascii: "\"") {
      let text = String(validating: Self.codeUnits(bytes, start..<position), as: UTF8.self)
      guard let text else { throw invalidUTF8(in: start..<position) }
      position += 1
      return text
    }
    return try parseEscapedString(from: start)
  }

  /// Parses on from the first byte at `position` that is not plain, with the plain ones from `start`.
  private mutating func parseEscapedString(from start: Int) throws(Fault) -> String {
    unescaped.removeAll(keepingCapacity: true)
    var runStart = start
    while true {
      unescaped.append(contentsOf: Self.codeUnits(bytes, runStart..<position))
      guard let byte = peek() else { throw fault(.unexpectedEnd(expected: "a closing quote"), at: position) }
      switch byte {
      case UInt8(ascii: "\""):
        // Escapes give whole characters, so that only the bytes of the file can be at fault.
        guard let text = String(validating: unescaped, as: UTF8.self) else {
          throw invalidUTF8(in: start..<position)
        }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        try parseEscape()
      default:
        throw fault(.controlCharacter(byte), at: position)
      }
      runStart = position
      skipPlainBytes()
    }
  }

  /// Appends to `unescaped` what the escape at `position` stands for.
  private mutating func parseEscape() throws(Fault) {
    let start = position
    position += 1
    guard let byte = peek() else { throw fault(.unexpectedEnd(expected: "an escape"), at: position) }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(byte)
    case UInt8(ascii: "b"): unescaped.append(0x08)
    case UInt8(ascii: "f"): unescaped.append(0x0C)
    case UInt8(ascii: "n"): unescaped.append(0x0A)
    case UInt8(ascii: "r"): unescaped.append(0x0D)
    case UInt8(ascii: "t"): unescaped.append(0x09)
    case UInt8(ascii: "u"): unescaped.append(contentsOf: try parseUnicodeEscape(from: start).utf8)
    default: throw invalidEscape(start..<position)
    }
  }

  /// The scalar of `\uXXXX` or of a surrogate pair of them, from the first digit at `position`.
  private mutating func parseUnicodeEscape(from start: Int) throws(Fault) -> Unicode.Scalar {
    let first = try parseFourDigits(from: start)
    if let scalar = Unicode.Scalar(first) { return scalar }
    let end = position
    if UTF16.isLeadSurrogate(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let second = try parseFourDigits(from: end)
      let pair = UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF)
      if UTF16.isTrailSurrogate(second), let scalar = Unicode.Scalar(0x1_0000 + pair) { return scalar }
    }
    throw fault(.loneSurrogate(String(decoding: bytes[start..<end], as: UTF8.self)), at: start)
  }

  private mutating func parseFourDigits(from start: Int) throws(Fault) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek() else {
        throw fault(.unexpectedEnd(expected: "four hexadecimal digits"), at: position)
      }
      position += 1
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
      default: throw invalidEscape(start..<position)
      }
    }
    return value
  }

  /// Moves to the next quote, backslash or control character, eight bytes at a time where it can.
  private mutating func skipPlainBytes() {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highBits = ones << 7
    while position + 8 <= bytes.count {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
      let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
      // The high bit of each byte that is zero after the exclusive or, or below 0x20. Borrows may set
      // false bits, though only above a true one, and the lowest is the one that counts.
      let stops =
        ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
          | (word &- ones &* 0x20) & ~word) & highBits
      guard stops == 0 else {
        position += stops.trailingZeroBitCount / 8
        return
      }
      position += 8
    }
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return }
      position += 1
    }
  }

  private static func codeUnits(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
  ) -> UnsafeBufferPointer<UInt8> {
    UnsafeRawBufferPointer(rebasing: bytes[range]).assumingMemoryBound(to: UInt8.self)
  }

  // MARK: Bytes

  private func peek() -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func take(_ word: StaticString) -> Bool {
    guard bytes.count - position >= word.utf8CodeUnitCount else { return false }
    for offset in 0..<word.utf8CodeUnitCount where bytes[position + offset] != word.utf8Start[offset] {
      return false
    }
    position += word.utf8CodeUnitCount
    return true
  }

  private mutating func skipWhitespace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  // MARK: Faults

  private func fault(_ problem: JSONParseError.Problem, at offset: Int) -> Fault {
    Fault(offset: offset, problem: problem)
  }

  /// The fault that what stands at `position` is not what the grammar wants there.
  private func unexpected(expected: String) -> Fault {
    guard position < bytes.count else { return fault(.unexpectedEnd(expected: expected), at: position) }
    let isLetter = { (byte: UInt8) in (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
    let word = bytes[position...].prefix(while: isLetter).prefix(16)
    let found =
      switch bytes[position] {
      case 0x80...: "byte \(hexadecimal(bytes[position]))"
      case ..<0x21, 0x7F: "control character \(hexadecimal(bytes[position]))"
      default: "\"\(String(decoding: word.isEmpty ? bytes[position...position] : word, as: UTF8.self))\""
      }
    return fault(.unexpected(found: found, expected: expected), at: position)
  }

  private func invalidEscape(_ range: Range<Int>) -> Fault {
    fault(.invalidEscape(String(decoding: bytes[range], as: UTF8.self)), at: range.lowerBound)
  }

  private func invalidUTF8(in range: Range<Int>) -> Fault {
    var parser = Unicode.UTF8.ForwardParser()
    var remaining = bytes[range].makeIterator()
    var offset = range.lowerBound
    while case .valid(let scalar) = parser.parseScalar(from: &remaining) { offset += scalar.count }
    return fault(.invalidUTF8(firstByte: bytes[offset]), at: offset)
  }
}
