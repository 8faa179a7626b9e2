@testable import Train

/// A stand-in tokenizer: a token for each byte, 256 for the end of a text and, if wanted, 257 before it.
struct ByteTokenizer: TokenCoder {
  var beginOfText: Int32?
  var endOfText: Int32? = 256

  func encode(_ text: String, addSpecialTokens: Bool) -> [Int32] {
    (addSpecialTokens ? [beginOfText].compactMap { $0 } : []) + text.utf8.map { Int32($0) }
  }

  func bytes(of token: Int32) -> [UInt8] {
    switch token {
    case 0..<256: [UInt8(token)]
    case 256: Array("<end>".utf8)
    default: Array("<begin>".utf8)
    }
  }
}
