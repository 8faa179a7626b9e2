/// Turns ids into text as they come, and never shows a part of a character.
///
/// What it gives, joined, is what ``TextTokenizer/decode(_:skipSpecialTokens:)`` gives for all ids at once.
public struct StreamingDecoder: Sendable {
  private let tokenizer: TextTokenizer
  private let skipSpecialTokens: Bool
  /// The bytes of a character whose end has not come yet; at most three.
  private var pending: [UInt8] = []

  init(_ tokenizer: TextTokenizer, skipSpecialTokens: Bool) {
    self.tokenizer = tokenizer
    self.skipSpecialTokens = skipSpecialTokens
  }

  /// The text that `id` completes; empty where a character is still unfinished.
  public mutating func push(_ id: Int32) -> String {
    tokenizer.appendBytes(of: id, skipSpecialTokens: skipSpecialTokens, to: &pending)
    let complete = pending.count - Self.unfinishedCount(atEndOf: pending)
    let text = String(decoding: pending[..<complete], as: UTF8.self)
    pending.removeSubrange(..<complete)
    return text
  }

  /// What is left when no more ids come: a replacement character for an unfinished one, or nothing.
  public mutating func finish() -> String {
    defer { pending.removeAll() }
    return String(decoding: pending, as: UTF8.self)
  }

  /// The number of bytes at the end that begin a character which further bytes can still complete.
  private static func unfinishedCount(atEndOf bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let lead = bytes[bytes.count - count]
      if lead & 0xC0 == 0x80 { continue }
      return canBegin(bytes[(bytes.count - count)...]) ? count : 0
    }
    return 0
  }

  /// Whether `bytes`, a lead byte and continuation bytes, begin a longer character (Unicode 16, table 3-7).
  private static func canBegin(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let lead = bytes.first else { return false }
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return false
    }
    guard bytes.count < length else { return false }
    return bytes.dropFirst().first.map { second.contains($0) } ?? true
  }
}
