import Foundation

/// What is done to a text before it is cut into words.
enum Normalizer: Equatable, Sendable {
  /// The text is taken as it stands.
  case none
  /// Unicode normalization form C: characters composed as far as they can be.
  ///
  /// The `tokenizers` library does it by the tables of Unicode 9.0. So that ids stay equal, a character from
  /// a later version is left where it is and what is around it is normalized apart.
  case nfc

  /// Calls `body` with the normalized text, without a copy where nothing changes.
  ///
  /// - Precondition: `text` is UTF-8.
  func withNormalized(
    _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    if self == .none || Self.firstIndex(in: text, where: { !Self.isInert($0) }) == nil { return body(text) }
    var result: [UInt8] = []
    var rest = text
    while let index = Self.firstIndex(in: rest, where: Self.isAssignedAfterUnicode9) {
      Self.appendComposed(UnsafeBufferPointer(rebasing: rest[..<index]), to: &result)
      let next = index + decodeScalar(at: index, in: rest).length
      result.append(contentsOf: rest[index..<next])
      rest = UnsafeBufferPointer(rebasing: rest[next...])
    }
    Self.appendComposed(rest, to: &result)
    result.withUnsafeBufferPointer(body)
  }

  /// The normalized form of `text`.
  func normalize(_ text: [UInt8]) -> [UInt8] {
    text.withUnsafeBufferPointer { text in
      var result: [UInt8] = []
      withNormalized(text) { result.append(contentsOf: $0) }
      return result
    }
  }

  private static func appendComposed(_ text: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) {
    // Composing alone leaves a Hangul syllable and a final consonant behind it apart (Swift 6.3); from the
    // decomposed text they are joined.
    result.append(
      contentsOf: String(decoding: text, as: UTF8.self)
        .decomposedStringWithCanonicalMapping.precomposedStringWithCanonicalMapping.utf8)
  }

  /// The place of the first character of `text` for which `condition` holds.
  @inline(__always)
  private static func firstIndex(
    in text: UnsafeBufferPointer<UInt8>, where condition: (UInt32) -> Bool
  ) -> Int? {
    var index = 0
    while index < text.count {
      let (value, length) = decodeScalar(at: index, in: text)
      if condition(value) { return index }
      index += length
    }
    return nil
  }

  /// Whether the character surely neither changes in normalization form C nor joins what is before it. False
  /// says nothing.
  @inline(__always)
  private static func isInert(_ value: UInt32) -> Bool {
    value < 0x300 || inertRanges.contains { $0.contains(value) }
  }

  private static func isAssignedAfterUnicode9(_ value: UInt32) -> Bool {
    guard !isInert(value), let age = Unicode.Scalar(value)?.properties.age else { return false }
    return age.major > 9
  }

  /// Where most text beyond U+02FF is written: ranges in which every character is a starter that normalizes
  /// to itself and never composes with what is before it.
  static let inertRanges: [ClosedRange<UInt32>] = [
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
