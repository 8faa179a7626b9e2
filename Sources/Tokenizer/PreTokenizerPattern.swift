/// The regular expressions that cut a text into words, each run by a scanner written for it.
///
/// Every pattern matches at every position, so a text is a row of matches without gaps.
public enum PreTokenizerPattern: String, Sendable, CaseIterable {
  /// The pattern of GPT-2, which a `ByteLevel` step with `use_regex` runs.
  case gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  /// The pattern of Llama 3: numbers in groups of up to three digits, line breaks kept together.
  case llama3 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  /// The pattern of Qwen 2: Llama 3's with single digits.
  case qwen2 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
}

extension PreTokenizerPattern {
  /// Where the match that begins at `start` ends.
  ///
  /// - Precondition: `start` is inside `text`. The result is past `start` and at most the text's length.
  @inline(__always)
  func matchEnd(from start: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    switch self {
    case .gpt2: Self.gpt2MatchEnd(from: start, in: text)
    case .llama3: Self.llama3MatchEnd(from: start, in: text, longestNumber: 3)
    case .qwen2: Self.llama3MatchEnd(from: start, in: text, longestNumber: 1)
    }
  }

  private static func gpt2MatchEnd(from start: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    if text[start] == apostrophe, let end = contractionEnd(from: start, in: text, ignoringCase: false) {
      return end
    }
    // ` ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+`: the run's class is that of the character after the space.
    let body = text[start] == space && start + 1 < text.count ? start + 1 : start
    let first = ScalarClass.at(body, in: text)
    if first.class.contains(.whitespace) { return whitespaceEnd(from: start, in: text) }
    return runEnd(from: body + first.length, in: text) { $0.named == first.class.named }
  }

  private static func llama3MatchEnd(
    from start: Int, in text: UnsafeBufferPointer<UInt8>, longestNumber: Int
  ) -> Int {
    if text[start] == apostrophe, let end = contractionEnd(from: start, in: text, ignoringCase: true) {
      return end
    }
    let first = ScalarClass.at(start, in: text)
    let second = start + first.length
    // `[^\r\n\p{L}\p{N}]?\p{L}+`
    if first.class.contains(.letter) { return runEnd(from: second, in: text) { $0.contains(.letter) } }
    // `\p{N}{1,3}`
    if first.class.contains(.number) {
      return runEnd(from: second, in: text, limit: longestNumber - 1) { $0.contains(.number) }
    }
    if !isLineBreak(text[start]), second < text.count {
      let next = ScalarClass.at(second, in: text)
      if next.class.contains(.letter) {
        return runEnd(from: second + next.length, in: text) { $0.contains(.letter) }
      }
      // ` ?[^\s\p{L}\p{N}]+[\r\n]*` with its space
      if text[start] == space, next.class.isOther {
        return lineBreaksEnd(
          from: runEnd(from: second + next.length, in: text) { $0.isOther }, in: text)
      }
    }
    // ` ?[^\s\p{L}\p{N}]+[\r\n]*` without
    if first.class.isOther {
      return lineBreaksEnd(from: runEnd(from: second, in: text) { $0.isOther }, in: text)
    }
    // `\s*[\r\n]+`: up to and with the last line break of the run of whitespace
    var index = start
    var afterLineBreak: Int?
    while index < text.count {
      let next = ScalarClass.at(index, in: text)
      guard next.class.contains(.whitespace) else { break }
      if isLineBreak(text[index]) { afterLineBreak = index + 1 }
      index += next.length
    }
    return afterLineBreak ?? whitespaceEnd(from: start, in: text)
  }

  /// The end of `\s+(?!\S)|\s+`: a run of whitespace leaves its last character to the word behind it,
  /// unless that would leave nothing.
  private static func whitespaceEnd(from start: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    var index = start
    var last = start
    while index < text.count {
      let next = ScalarClass.at(index, in: text)
      guard next.class.contains(.whitespace) else { return last > start ? last : index }
      last = index
      index += next.length
    }
    return index
  }

  @inline(__always)
  private static func runEnd(
    from start: Int, in text: UnsafeBufferPointer<UInt8>, limit: Int = .max,
    while matches: (ScalarClass) -> Bool
  ) -> Int {
    var index = start
    var taken = 0
    while index < text.count, taken < limit {
      let next = ScalarClass.at(index, in: text)
      guard matches(next.class) else { break }
      index += next.length
      taken += 1
    }
    return index
  }

  private static func lineBreaksEnd(from start: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    var index = start
    while index < text.count, isLineBreak(text[index]) { index += 1 }
    return index
  }

  /// The end of `'s|'t|'re|'ve|'m|'ll|'d` at an apostrophe.
  private static func contractionEnd(
    from start: Int, in text: UnsafeBufferPointer<UInt8>, ignoringCase: Bool
  ) -> Int? {
    guard start + 1 < text.count else { return nil }
    // In ASCII, bit 5 alone tells the two cases of a letter apart.
    let mask: UInt8 = ignoringCase ? 0x20 : 0
    let first = text[start + 1] | mask
    let second = start + 2 < text.count ? text[start + 2] : 0
    switch first {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return second | mask == UInt8(ascii: "e") ? start + 3 : nil
    case UInt8(ascii: "l"):
      return second | mask == UInt8(ascii: "l") ? start + 3 : nil
    default:
      // The long s, U+017F, is a case of "s".
      return ignoringCase && text[start + 1] == 0xC5 && second == 0xBF ? start + 3 : nil
    }
  }

  private static let apostrophe = UInt8(ascii: "'")
  private static let space = UInt8(ascii: " ")

  @inline(__always)
  private static func isLineBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
}
