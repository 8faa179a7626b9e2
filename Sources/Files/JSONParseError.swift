/// Why and where a text is not JSON.
public struct JSONParseError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong with the text.
  public enum Problem: Equatable, Sendable {
    /// The text stops in the middle of a value.
    case unexpectedEnd(expected: String)
    /// A character or word that cannot stand here.
    case unexpected(found: String, expected: String)
    /// Bytes that are not UTF-8.
    case invalidUTF8(firstByte: UInt8)
    /// A control character inside a string without an escape.
    case controlCharacter(UInt8)
    /// A backslash followed by something that is no escape.
    case invalidEscape(String)
    /// Half of a UTF-16 surrogate pair, which is no character.
    case loneSurrogate(String)
    /// A key that its object already has.
    case duplicateKey(String)
    /// A number beyond the range of a double.
    case numberOutOfRange(String)
    /// Lists and objects nested beyond the limit.
    case tooDeep(limit: Int)
  }

  /// The name under which the text was read.
  public let file: String
  /// The line of the problem, from 1.
  public let line: Int
  /// The column of the problem in Unicode scalars, from 1.
  public let column: Int
  /// What is wrong there.
  public let problem: Problem

  /// `file:line:column: what was found; what was expected. What to do.`
  public var description: String { "\(file):\(line):\(column): \(problem)" }
}

extension JSONParseError.Problem: CustomStringConvertible {
  /// What was found, what was expected and what to do, without the place.
  public var description: String { "\(finding). \(remedy)" }

  /// What was found and what was expected.
  public var finding: String {
    switch self {
    case .unexpectedEnd(let expected):
      "found the end of the text; expected \(expected)"
    case .unexpected(let found, let expected):
      "found \(found); expected \(expected)"
    case .invalidUTF8(let byte):
      "found byte \(hexadecimal(byte)), which is not UTF-8 here; expected UTF-8 text"
    case .controlCharacter(let byte):
      "found control character \(hexadecimal(byte)) in a string; expected an escape"
    case .invalidEscape(let found):
      "found the escape \(found); expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four "
        + "hexadecimal digits"
    case .loneSurrogate(let found):
      "found \(found), half of a surrogate pair; expected both halves, high then low"
    case .duplicateKey(let key):
      "found the key \"\(key)\" for the second time; expected each key once"
    case .numberOutOfRange(let text):
      "found the number \(text); expected a magnitude below 1.8e308"
    case .tooDeep(let limit):
      "found more than \(limit) nested lists and objects; expected at most \(limit)"
    }
  }

  /// What to do about it.
  public var remedy: String {
    switch self {
    case .unexpectedEnd: "The text is cut short: write or fetch it again."
    case .unexpected: "Correct the JSON there."
    case .invalidUTF8: "Convert the file to UTF-8."
    case .controlCharacter(let byte): "Write it as \\u00\(hexadecimal(byte).dropFirst(2))."
    case .invalidEscape, .loneSurrogate: "Correct the escape."
    case .duplicateKey: "Remove one of the two."
    case .numberOutOfRange: "Correct the number."
    case .tooDeep: "Flatten the JSON."
    }
  }
}

/// The byte as `0x0A`.
func hexadecimal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16, uppercase: true)
  return "0x" + (digits.count < 2 ? "0" : "") + digits
}
