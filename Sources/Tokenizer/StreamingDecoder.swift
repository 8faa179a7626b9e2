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

  /// The number of bytes at the end that begin a character which further bytes may complete.
  ///
  /// A sequence that no byte can complete is held back with them, and comes out as replacement characters
  /// with the next push: only where the text is cut matters here, and before a lead byte is always right.
  private static func unfinishedCount(atEndOf bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      switch bytes[bytes.count - count] {
      case 0x80...0xBF: continue
      case 0xC2...0xDF: return count < 2 ? count : 0
      case 0xE0...0xEF: return count < 3 ? count : 0
      case 0xF0...0xF4: return count
      default: return 0
      }
    }
    return 0
  }
}
