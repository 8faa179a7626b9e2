/// What the pre-tokenizer patterns ask about a character.
///
/// `letter`, `number` and `whitespace` are disjoint and mean `\p{L}`, `\p{N}` and `\s` of the regular
/// expression engine in the `tokenizers` library, whose tables are those of Unicode 16.0. `digit` means the
/// same library's `Digits` step, which asks the Rust standard library instead (Unicode 17.0). The versions
/// are pinned: a letter that a later Unicode assigns must not change the ids of a text.
struct ScalarClass: OptionSet, Sendable {
  let rawValue: UInt8

  static let letter = ScalarClass(rawValue: 1)
  static let number = ScalarClass(rawValue: 2)
  static let whitespace = ScalarClass(rawValue: 4)
  static let digit = ScalarClass(rawValue: 8)

  /// The three classes that the patterns call by name.
  var named: ScalarClass { subtracting(.digit) }

  /// What no pattern calls by name: `[^\s\p{L}\p{N}]`.
  var isOther: Bool { named.isEmpty }
}

extension ScalarClass {
  /// The class of the character at `index` and the number of bytes that it takes.
  ///
  /// - Precondition: `index` is inside `text`. Bytes that are not UTF-8 count as one character each, without
  ///   a class, so that nothing outside the text is read.
  @inline(__always)
  static func at(_ index: Int, in text: UnsafeBufferPointer<UInt8>) -> (class: ScalarClass, length: Int) {
    let byte = text[index]
    if byte < 0x80 { return (ofASCII(byte), 1) }
    let (value, length) = decodeScalar(at: index, in: text)
    let known = table
    return (Int(value) < known.count ? ScalarClass(rawValue: known[Int(value)]) : [], length)
  }

  @inline(__always)
  private static func ofASCII(_ byte: UInt8) -> ScalarClass {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): .letter
    case UInt8(ascii: " "), 0x09...0x0D: .whitespace
    case UInt8(ascii: "0")...UInt8(ascii: "9"): [.number, .digit]
    default: []
    }
  }

  /// The class of every character below U+40000; above there are no letters, numbers or spaces.
  ///
  /// Built at the first character that is not ASCII.
  private static let table: [UInt8] = (UInt32(0)..<0x40000).map { classify($0).rawValue }

  private static func classify(_ value: UInt32) -> ScalarClass {
    guard let properties = Unicode.Scalar(value)?.properties else { return [] }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return properties.isAssigned(by: 16) ? .letter : []
    case .decimalNumber, .letterNumber, .otherNumber:
      if properties.isAssigned(by: 16) { return [.number, .digit] }
      return properties.isAssigned(by: 17) ? .digit : []
    default:
      return properties.isWhitespace ? .whitespace : []
    }
  }
}

extension Unicode.Scalar.Properties {
  /// Whether the character was in Unicode when version `major`.0 came out.
  fileprivate func isAssigned(by major: Int) -> Bool {
    guard let age else { return false }
    return age.major < major || (age.major == major && age.minor == 0)
  }
}

/// The value and the length in bytes of the character at `index`.
///
/// A byte that does not begin a whole character gives a value beyond Unicode and the length 1.
@inline(__always)
func decodeScalar(
  at index: Int, in text: UnsafeBufferPointer<UInt8>
) -> (value: UInt32, length: Int) {
  let lead = text[index]
  let length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
  guard length > 0, index + length <= text.count else { return (.max, 1) }
  if length == 1 { return (UInt32(lead), 1) }
  var value = UInt32(lead) & (0x7F >> UInt32(length))
  for offset in 1..<length {
    let byte = text[index + offset]
    guard byte & 0xC0 == 0x80 else { return (.max, 1) }
    value = value << 6 | UInt32(byte & 0x3F)
  }
  return (value, length)
}
