/// The spelling of bytes as visible characters that byte-level BPE vocabularies are written in.
///
/// The 188 bytes that are printable in Latin-1 stand for themselves; the other 68, in increasing order, take
/// U+0100, U+0101 and so on, so that a space is "Ġ" (U+0120) and a newline "Ċ" (U+010A).
///
/// - SeeAlso: `bytes_to_unicode` of GPT-2's encoder.
enum ByteLevelAlphabet {
  /// The character that spells each of the 256 bytes.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt8 = 0
    return (UInt8.min...UInt8.max).map { byte in
      if isPrintable(byte) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      return Unicode.Scalar(0x100 + UInt16(next)) ?? Unicode.Scalar(byte)
    }
  }()

  /// The UTF-8 of each of `scalars`.
  private static let spellings: [[UInt8]] = scalars.map { Array(String(Character($0)).utf8) }

  /// The byte that a character spells, by the character's value; -1 where it spells none.
  private static let bytes: [Int16] = {
    let highest = scalars.map(\.value).max() ?? 0
    var bytes = [Int16](repeating: -1, count: Int(highest) + 1)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
    return bytes
  }()

  /// All bytes, ordered by the character that spells them: the order of the first 256 ids of a trained
  /// vocabulary.
  static let bytesInSpellingOrder: [UInt8] = (UInt8.min...UInt8.max).sorted {
    scalars[Int($0)].value < scalars[Int($1)].value
  }

  /// Appends the UTF-8 of the characters that spell `word`.
  static func appendSpelling(of word: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) {
    for byte in word { result.append(contentsOf: spellings[Int(byte)]) }
  }

  /// The text that spells `word`.
  static func spelling(of word: [UInt8]) -> String {
    var result = String.UnicodeScalarView()
    for byte in word { result.append(scalars[Int(byte)]) }
    return String(result)
  }

  /// The bytes that `text` spells, or nil where a character of it spells none.
  static func bytes(spelledBy text: String) -> [UInt8]? {
    var text = text
    var result: [UInt8] = []
    return text.withUTF8 { appendBytes(spelledBy: $0, to: &result) } ? result : nil
  }

  /// Appends the bytes that `text` spells and returns true, or appends `text` itself where a character of it
  /// spells none: such a token stands for its own characters.
  static func appendBytes(spelledBy text: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) -> Bool {
    let start = result.count
    var index = 0
    while index < text.count {
      let (value, length) = decodeScalar(at: index, in: text)
      guard value < UInt32(bytes.count), let byte = UInt8(exactly: bytes[Int(value)]) else {
        result.removeSubrange(start...)
        result.append(contentsOf: text)
        return false
      }
      result.append(byte)
      index += length
    }
    return true
  }

  private static func isPrintable(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: true
    default: false
    }
  }
}
