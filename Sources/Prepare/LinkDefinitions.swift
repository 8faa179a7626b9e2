/// The addresses that a text keeps apart from its links: `[name]: address "title"` (CommonMark 0.31, section 4.7).
struct LinkDefinitions {
  /// The names, as ``name(_:)`` has them.
  private(set) var names: Set<String> = []
  /// The lines that define them, ascending.
  private(set) var ranges: [Range<Int>] = []

  /// A longer name is none.
  private static let longestName = 999

  init() {}

  /// Finds those of a text and its lines. They stand at the start of a paragraph, and a note, `[^1]: …`, is none.
  init(in bytes: [UInt8], lines: [MarkdownLines.Line]) {
    var index = 0
    var end = 0
    var isAllowed = true
    while index < lines.count {
      let first = index
      index += 1
      if !lines[first].goesOn { isAllowed = true }
      guard isAllowed, !lines[first].isCode else { continue }
      // Only a paragraph goes on, and so does its definition.
      let words = bytes[lines[first].range].drop(while: \.isASCIISpace)
      guard words.first == UInt8(ascii: "["), !words.starts(with: "[^".utf8) else {
        isAllowed = false
        continue
      }
      end = max(end, index)
      while end < lines.count, lines[end].goesOn { end += 1 }
      let paragraph = bytes[words.startIndex..<lines[end - 1].range.upperBound]
      guard let (name, length) = Self.definition(paragraph) else {
        isAllowed = false
        continue
      }
      names.insert(name)
      while index < end, lines[index].range.lowerBound < words.startIndex + length { index += 1 }
      ranges.append(lines[first].range.lowerBound..<lines[index - 1].range.upperBound)
    }
  }

  /// A name as it is compared: case and the kind of white space do not count.
  static func name(_ words: ArraySlice<UInt8>) -> String {
    String(decoding: words, as: UTF8.self).lowercased().split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
  }

  /// The name that a paragraph starts by defining, and the length of the definition.
  private static func definition(_ paragraph: ArraySlice<UInt8>) -> (name: String, length: Int)? {
    let label = paragraph.dropFirst().prefix(longestName)
    guard let close = unescaped(in: label, where: { "[]".utf8.contains($0) }),
      label[close] == UInt8(ascii: "]"),
      paragraph[close...].dropFirst().first == UInt8(ascii: ":")
    else { return nil }
    let name = name(label[..<close])
    let rest = paragraph[(close + 2)...].drop(while: \.isASCIISpace)
    guard !name.isEmpty, let end = addressEnd(rest) else { return nil }
    let behind = paragraph[end...]
    let space = behind.prefix(while: \.isASCIISpace)
    let titleEnd = space.isEmpty ? nil : titleEnd(behind[space.endIndex...])
    if let titleEnd, let length = lineEnd(paragraph[titleEnd...]) {
      return (name, length - paragraph.startIndex)
    }
    return lineEnd(behind).map { (name, $0 - paragraph.startIndex) }
  }

  /// Where a line ends that has nothing more.
  private static func lineEnd(_ rest: ArraySlice<UInt8>) -> Int? {
    let space = rest.prefix { $0.isASCIISpace && $0 != 0x0A }
    return space.endIndex == rest.endIndex || rest[space.endIndex] == 0x0A ? space.endIndex : nil
  }

  /// Where an address ends: one between `<` and `>`, or a word.
  private static func addressEnd(_ text: ArraySlice<UInt8>) -> Int? {
    guard text.first == UInt8(ascii: "<") else {
      let word = text.prefix { !$0.isASCIISpace }
      return word.isEmpty ? nil : word.endIndex
    }
    let end = unescaped(in: text.dropFirst()) { "<>\n".utf8.contains($0) }
    return end.flatMap { text[$0] == UInt8(ascii: ">") ? $0 + 1 : nil }
  }

  /// Where a title ends, between quotes or brackets.
  private static func titleEnd(_ text: ArraySlice<UInt8>) -> Int? {
    guard let open = text.first, "\"'(".utf8.contains(open) else { return nil }
    let close = open == UInt8(ascii: "(") ? UInt8(ascii: ")") : open
    return unescaped(in: text.dropFirst()) { $0 == close }.map { $0 + 1 }
  }

  /// The first byte that is wanted and has no backslash before it.
  private static func unescaped(in text: ArraySlice<UInt8>, where isWanted: (UInt8) -> Bool) -> Int? {
    var index = text.startIndex
    while index < text.endIndex {
      if isWanted(text[index]) { return index }
      index += text[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }
}
