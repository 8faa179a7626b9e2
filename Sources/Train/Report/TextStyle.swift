/// How text for people is set: with a terminal's emphasis, or plain.
public struct TextStyle: Equatable, Sendable {
  /// Whether escape sequences may be used.
  public let isColored: Bool

  /// Makes a style.
  public init(isColored: Bool) { self.isColored = isColored }

  /// Text without any emphasis.
  public static let plain = TextStyle(isColored: false)

  func bold(_ text: String) -> String { emphasized(text, 1) }
  func dim(_ text: String) -> String { emphasized(text, 2) }
  func green(_ text: String) -> String { emphasized(text, 32) }
  func yellow(_ text: String) -> String { emphasized(text, 33) }

  private func emphasized(_ text: String, _ code: Int) -> String {
    isColored && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}

extension String {
  /// The text with U+FFFD in place of control characters, which could steer a terminal; line ends and tabs stay.
  package var withoutControlCharacters: String {
    let shown = unicodeScalars.map { scalar -> Unicode.Scalar in
      let isControl = scalar.properties.generalCategory == .control
      return isControl && scalar != "\n" && scalar != "\t" ? "\u{FFFD}" : scalar
    }
    return String(String.UnicodeScalarView(shown))
  }

  /// The lines of the text, broken between words where one is longer than `width` characters.
  func wrapped(width: Int) -> [String] {
    split(separator: "\n", omittingEmptySubsequences: false).flatMap { paragraph -> [String] in
      var lines: [String] = []
      var line = ""
      for word in paragraph.split(separator: " ") {
        if !line.isEmpty, line.count + 1 + word.count > width {
          lines.append(line)
          line = ""
        }
        line += line.isEmpty ? String(word) : " \(word)"
      }
      return lines + [line]
    }
  }

  /// The text with spaces before it, up to `width` characters.
  func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

  /// The text with spaces after it, up to `width` characters.
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
