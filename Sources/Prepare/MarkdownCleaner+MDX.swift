/// What is program in MDX and no text.
extension MarkdownCleaner {
  /// A longer statement ends at its first empty line, so that no text takes time with the square of its length.
  private static let longestStatement = 1 << 16

  /// Drops a paragraph that imports or exports, with those behind it that brackets hold together with it.
  mutating func dropStatements() -> Bool {
    let rest = bytes[position...]
    guard source == .mdx, rest.starts(with: "import ".utf8) || rest.starts(with: "export ".utf8),
      output.allSatisfy(\.isASCIISpace) || bytes[..<position].suffix(2).elementsEqual([0x0A, 0x0A])
    else { return false }
    let end = statementEnd(rest.prefix(Self.longestStatement)) ?? next("\n\n", from: position)
    return drop((end ?? bytes.count) - position, as: .shortcode)
  }

  /// Drops `{/* … */}`.
  mutating func dropExpressionComment() -> Bool {
    guard source == .mdx, bytes[position...].starts(with: "{/*".utf8),
      let end = next("*/", from: position + 3),
      let brace = bytes[(end + 2)...].first(where: { !$0.isASCIISpace }), brace == UInt8(ascii: "}"),
      let close = bytes[end...].firstIndex(of: brace)
    else { return false }
    return drop(close + 1 - position, as: .comment)
  }

  /// Where the empty line is that ends the statements `text` starts with: one outside of all brackets, those in
  /// quotes and comments apart; nil where there is none and `text` is not the last.
  private func statementEnd(_ text: ArraySlice<UInt8>) -> Int? {
    var depth = 0
    var index = text.startIndex
    while index < text.endIndex {
      let rest = text[index...]
      switch text[index] {
      case 0x0A where depth <= 0 && rest.starts(with: [0x0A, 0x0A]): return index
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
        index = Self.quoteEnd(rest)
        continue
      case UInt8(ascii: "/") where rest.starts(with: "//".utf8):
        index = rest.firstIndex(of: 0x0A) ?? text.endIndex
        continue
      case UInt8(ascii: "/") where rest.starts(with: "/*".utf8):
        index = rest.firstOffset(of: Array("*/".utf8)).map { $0 + 2 } ?? text.endIndex
        continue
      default: break
      }
      index += 1
    }
    return depth <= 0 && text.endIndex == bytes.count ? text.endIndex : nil
  }

  /// Where a text in quotes ends; but for one in backticks that is on its line, or else the quote is an apostrophe.
  private static func quoteEnd(_ text: ArraySlice<UInt8>) -> Int {
    var index = text.startIndex + 1
    while index < text.endIndex, text.first == UInt8(ascii: "`") || text[index] != 0x0A {
      if text[index] == text.first { return index + 1 }
      index += text[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return text.startIndex + 1
  }
}
