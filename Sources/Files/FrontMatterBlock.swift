/// The front matter above a text: YAML between lines of `---`, or TOML between lines of `+++`.
///
/// It is what the generators of sites take for it. Empty lines may stand above it, as in Hugo, white space behind its
/// marks; the first mark below the opening one ends it, and `...` ends YAML as well, as in YAML 1.2 and Jekyll. It may
/// be empty. `+++` always opens TOML. `---` is also a rule of Markdown: it opens YAML where the first line below, but
/// for empty ones and comments, has a key. What stands apart from it by an empty line is text below a rule, unless an
/// end follows; then it is text between two rules if an empty line stands before that as well.
package struct FrontMatterBlock: Equatable, Sendable {
  /// What it is written in, by the mark that opens it.
  package enum Language: String, Sendable {
    case yaml = "---"
    case toml = "+++"

    fileprivate func isEnd(_ line: ArraySlice<UInt8>) -> Bool {
      let mark = line.withoutTrailingSpace
      return mark.elementsEqual(rawValue.utf8) || self == .yaml && mark.elementsEqual("...".utf8)
    }
  }

  /// Front matter without an end.
  package struct Unclosed: Error, Equatable {
    /// What it is written in.
    package let language: Language
    /// The line of the mark that opens it, from 1.
    package let line: Int
  }

  /// What it is written in.
  package let language: Language
  /// The lines between its marks, with their line ends.
  package let source: ArraySlice<UInt8>
  /// The line of the text on which ``source`` starts, from 1.
  package let sourceLine: Int
  /// What follows the line that ends it.
  package let body: ArraySlice<UInt8>
  /// The line of the text on which ``body`` starts, from 1.
  package let bodyLine: Int

  /// The front matter of `text`, which has no byte order mark; nil where there is none, and all of it is body.
  package init?(_ text: [UInt8]) throws(Unclosed) {
    guard let start = text.firstIndex(where: { !$0.isSpace }), start == 0 || text[start - 1] == 0x0A,
      "-+".utf8.contains(text[start])
    else { return nil }
    let lines = text[start...].split(separator: 0x0A, omittingEmptySubsequences: false)
    let mark = String(decoding: lines[0].withoutTrailingSpace, as: UTF8.self)
    guard let language = Language(rawValue: mark) else { return nil }
    let end = lines.dropFirst().firstIndex(where: language.isEnd)
    guard language == .toml || Self.isYAML(lines[1..<(end ?? lines.count)], isClosed: end != nil) else {
      return nil
    }
    let openingLine = 1 + text[..<start].count { $0 == 0x0A }
    guard let end else { throw Unclosed(language: language, line: openingLine) }
    self.language = language
    source = text[lines[1].startIndex..<lines[end].startIndex]
    sourceLine = openingLine + 1
    body = text[lines[end].endIndex...].dropFirst()
    bodyLine = openingLine + end + 1
  }

  /// Whether `lines`, which follow a line of `---`, are YAML rather than text below a rule.
  private static func isYAML(_ lines: ArraySlice<ArraySlice<UInt8>>, isClosed: Bool) -> Bool {
    guard lines.contains(where: { !$0.isBlank }) else { return isClosed }
    // Markdown would take a `---` right below a paragraph for the underline of a heading.
    if lines.first?.isBlank ?? false, !isClosed || lines.last?.isBlank ?? false { return false }
    let content = lines.lazy.map { $0.drop(while: \.isSpace).withoutTrailingSpace }
    return content.first { !$0.isEmpty && $0.first != UInt8(ascii: "#") }.map(startsMapping) ?? isClosed
  }

  /// Whether a line of YAML starts with a key: one between quotes, or one that starts with no sign that YAML has for
  /// something else. Lists, quotations, tables and the addresses of links in Markdown start with those.
  private static func startsMapping(_ line: ArraySlice<UInt8>) -> Bool {
    guard let first = line.first else { return false }
    let second = line.dropFirst().first ?? 0x20
    if first == UInt8(ascii: "{") {
      // Shortcodes and attributes start with a brace too.
      return second.isSpace || !"{%:#.<".utf8.contains(second)
    }
    if ",[]&*!|>%@`".utf8.contains(first) || "-?:".utf8.contains(first) && second.isSpace { return false }
    // A colon within a word, as in an address, ends no key.
    return line.indices.dropFirst().contains { index in
      line[index] == UInt8(ascii: ":") && (line[(index + 1)...].first ?? 0x20).isSpace
    }
  }
}

extension ArraySlice<UInt8> {
  /// The bytes without ASCII white space at their end.
  package var withoutTrailingSpace: ArraySlice<UInt8> {
    prefix(count - reversed().prefix(while: \.isSpace).count)
  }

  fileprivate var isBlank: Bool { allSatisfy(\.isSpace) }
}

extension UInt8 {
  fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
