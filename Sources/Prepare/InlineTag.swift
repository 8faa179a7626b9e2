/// A tag of HTML within Markdown, after CommonMark 0.31, section 6.6: what is malformed, or goes on behind an empty
/// line, is text with a `<` in it.
struct InlineTag: Equatable {
  /// The name, in lower case.
  let name: String
  let closes: Bool
  /// Whether a `/` ends the tag, so that nothing is in the element.
  let isEmpty: Bool
  /// Its length in bytes.
  let length: Int

  /// A longer one is text, so that no text takes time with the square of its length.
  private static let longest = 4096

  /// The tag that `bytes` start with.
  ///
  /// - Parameter hasBraces: whether values may stand between braces and attributes spread, as in MDX.
  init?(_ bytes: ArraySlice<UInt8>, hasBraces: Bool) {
    var reader = Reader(rest: bytes.prefix(Self.longest))
    guard reader.read(UInt8(ascii: "<")) else { return nil }
    closes = reader.read(UInt8(ascii: "/"))
    let name = reader.readAll { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") }
    guard let first = name.first, first.isASCIILetter else { return nil }
    while !closes, reader.readAttribute(hasBraces: hasBraces) {}
    guard reader.readSpace() else { return nil }
    isEmpty = !closes && reader.read(UInt8(ascii: "/"))
    guard reader.read(UInt8(ascii: ">")) else { return nil }
    self.name = String(decoding: name, as: UTF8.self).lowercased()
    length = reader.rest.startIndex - bytes.startIndex
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func read(_ byte: UInt8) -> Bool {
      guard rest.first == byte else { return false }
      rest.removeFirst()
      return true
    }

    mutating func readAll(_ isWanted: (UInt8) -> Bool) -> ArraySlice<UInt8> {
      let part = rest.prefix(while: isWanted)
      rest = rest[part.endIndex...]
      return part
    }

    /// Reads white space, if there is any, and says whether it has at most one end of a line.
    mutating func readSpace() -> Bool { readAll(\.isASCIISpace).count { $0 == 0x0A } < 2 }

    /// Reads an attribute with the white space before it, and its value if it has one; reads nothing where there is none.
    mutating func readAttribute(hasBraces: Bool) -> Bool {
      var ahead = self
      guard ahead.rest.first?.isASCIISpace ?? false, ahead.readSpace(), let first = ahead.rest.first else {
        return false
      }
      if hasBraces, first == UInt8(ascii: "{") {
        guard ahead.readBraces() else { return false }
        self = ahead
        return true
      }
      guard first.isASCIIWord || first == UInt8(ascii: ":"), !first.isASCIIDigit else { return false }
      _ = ahead.readAll { $0.isASCIIWord || ".:-".utf8.contains($0) }
      self = ahead
      guard ahead.readSpace(), ahead.read(UInt8(ascii: "=")) else { return true }
      guard ahead.readSpace(), ahead.readValue(hasBraces: hasBraces) else { return false }
      self = ahead
      return true
    }

    private mutating func readValue(hasBraces: Bool) -> Bool {
      guard let first = rest.first else { return false }
      if hasBraces, first == UInt8(ascii: "{") { return readBraces() }
      if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
        rest.removeFirst()
        let value = readAll { $0 != first }
        return !value.hasEmptyLine && read(first)
      }
      return !readAll { !$0.isASCIISpace && !"\"'=<>`".utf8.contains($0) }.isEmpty
    }

    /// Reads an expression up to the brace that closes it; those between quotes do not count.
    private mutating func readBraces() -> Bool {
      var depth = 0
      var quote: UInt8?
      while let byte = rest.popFirst() {
        if let open = quote {
          if byte == open { quote = nil }
        } else if "\"'`".utf8.contains(byte) {
          quote = byte
        } else if byte == UInt8(ascii: "{") {
          depth += 1
        } else if byte == UInt8(ascii: "}") {
          depth -= 1
          if depth == 0 { return true }
        }
      }
      return false
    }
  }
}

extension ArraySlice<UInt8> {
  /// Whether a line in it has nothing but white space.
  fileprivate var hasEmptyLine: Bool {
    split(separator: 0x0A, omittingEmptySubsequences: false).dropFirst().dropLast().contains {
      $0.allSatisfy(\.isASCIISpace)
    }
  }
}
