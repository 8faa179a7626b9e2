/// Finds added tokens in a text: the leftmost, and of those that begin there the longest.
struct AddedTokenMatcher: Sendable {
  /// A piece of text between added tokens, or one of those.
  enum Piece: Equatable {
    case text(Range<Int>)
    case token(Int32)
  }

  private struct Pattern: Sendable {
    let bytes: [UInt8]
    let token: AddedToken
  }

  private var patterns: [Pattern] = []
  /// The patterns that begin with each byte, longest first, as places in `patterns`.
  private var candidates = [[Int]](repeating: [], count: 256)
  /// Whether any pattern begins with each byte: the one question asked at every byte of a text.
  private var isFirstByte = [Bool](repeating: false, count: 256)

  /// Makes a matcher of tokens with the bytes to look for.
  ///
  /// Where two tokens look the same, the earlier one is found.
  init(_ tokens: [(bytes: [UInt8], token: AddedToken)]) {
    // A stable sort keeps tokens that look the same in their order.
    for (bytes, token) in tokens.sorted(by: { $0.bytes.count > $1.bytes.count }) {
      guard let first = bytes.first else { continue }
      isFirstByte[Int(first)] = true
      candidates[Int(first)].append(patterns.count)
      patterns.append(Pattern(bytes: bytes, token: token))
    }
  }

  /// Calls `body` with the pieces of `text` in order.
  func forEachPiece(of text: UnsafeBufferPointer<UInt8>, _ body: (Piece) -> Void) {
    var textStart = 0
    var index = 0
    while !patterns.isEmpty, index < text.count {
      guard isFirstByte[Int(text[index])], let found = match(at: index, in: text) else {
        index += 1
        continue
      }
      var start = index
      var end = index + found.bytes.count
      index = end
      let token = found.token
      if token.isSingleWord, isWord(before: start, in: text) || isWord(at: end, in: text) { continue }
      if token.stripsLeft { start = whitespaceStart(before: start, in: text) }
      if token.stripsRight { end = whitespaceEnd(from: end, in: text) }
      // Whitespace that the token before has taken is gone.
      if textStart < start { body(.text(textStart..<start)) }
      body(.token(token.id))
      textStart = end
    }
    if textStart < text.count { body(.text(textStart..<text.count)) }
  }

  private func match(at index: Int, in text: UnsafeBufferPointer<UInt8>) -> Pattern? {
    candidates[Int(text[index])].lazy.map { patterns[$0] }.first { pattern in
      index + pattern.bytes.count <= text.count
        && pattern.bytes.indices.allSatisfy { pattern.bytes[$0] == text[index + $0] }
    }
  }

  private func whitespaceStart(before index: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    var start = index
    while start > 0 {
      let previous = scalarStart(before: start, in: text)
      guard ScalarClass.at(previous, in: text).class.contains(.whitespace) else { break }
      start = previous
    }
    return start
  }

  private func whitespaceEnd(from index: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    var end = index
    while end < text.count {
      let next = ScalarClass.at(end, in: text)
      guard next.class.contains(.whitespace) else { break }
      end += next.length
    }
    return end
  }

  private func isWord(before index: Int, in text: UnsafeBufferPointer<UInt8>) -> Bool {
    index > 0 && isWord(at: scalarStart(before: index, in: text), in: text)
  }

  /// Whether a character of the class `\w` begins at `index`: a letter, mark, decimal digit, connector or
  /// joiner (Unicode Technical Standard 18, annex C).
  private func isWord(at index: Int, in text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard index < text.count,
      let properties = Unicode.Scalar(decodeScalar(at: index, in: text).value)?.properties
    else { return false }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return properties.isAlphabetic || properties.isJoinControl
    }
  }

  private func scalarStart(before index: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    var start = index - 1
    while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }
}
