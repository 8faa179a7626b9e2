import Foundation

/// What is done to a text before it is cut into words.
enum Normalizer: Equatable, Sendable {
  /// The text is taken as it stands.
  case none
  /// Unicode normalization form C: characters composed as far as they can be.
  case nfc

  /// Calls `body` with the normalized text, without a copy where nothing changes.
  ///
  /// - Precondition: `text` is UTF-8.
  func withNormalized(
    _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    if self == .none || Self.isSurelyNFC(text) { return body(text) }
    // Composing alone leaves a Hangul syllable and a final consonant behind it apart (Swift 6.3); from the
    // decomposed text they are joined.
    var composed = String(decoding: text, as: UTF8.self)
      .decomposedStringWithCanonicalMapping.precomposedStringWithCanonicalMapping
    composed.withUTF8(body)
  }

  /// The normalized form of `text`.
  func normalize(_ text: [UInt8]) -> [UInt8] {
    text.withUnsafeBufferPointer { text in
      var result: [UInt8] = []
      withNormalized(text) { result.append(contentsOf: $0) }
      return result
    }
  }

  /// Whether every character of `text` is one that normalization form C neither changes nor joins to the
  /// character before it. False says nothing.
  private static func isSurelyNFC(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var index = 0
    while index < text.count {
      if text[index] < 0x80 {
        index += 1
        continue
      }
      let (value, length) = decodeScalar(at: index, in: text)
      guard inertRanges.contains(where: { $0.contains(value) }) else { return false }
      index += length
    }
    return true
  }

  /// Where most non-ASCII text is written: ranges in which every character is a starter that normalizes to
  /// itself and never composes with what is before it.
  static let inertRanges: [ClosedRange<UInt32>] = [
    0x80...0x2FF,  // Latin
    0x2010...0x2027,  // dashes, quotation marks, ellipsis
    0x20A0...0x20BF,  // currency signs
    0x400...0x482, 0x48A...0x52F,  // Cyrillic
    0x621...0x64A,  // Arabic letters
    0x3000...0x3029, 0x3041...0x3096, 0x30A0...0x30FF,  // CJK punctuation, Hiragana, Katakana
    0x3400...0x4DBF, 0x4E00...0x9FFF,  // CJK ideographs
    0xAC00...0xD7A3,  // Hangul syllables
    0xFF01...0xFF60,  // full-width forms
    0x1F300...0x1FAFF,  // pictographs
  ]
}
