@testable import Train

/// A stand-in tokenizer: a token for each byte, 256 for the end of a text and, if wanted, 257 before it.
struct ByteTokenizer: TokenCoder {
  var beginOfText: Int32?
  var endOfTextID: Int32? = 256

  var prefixIDs: [Int32] { [beginOfText].compactMap { $0 } }

  func encode(_ text: String, addSpecialTokens: Bool) -> [Int32] {
    (addSpecialTokens ? prefixIDs : []) + text.utf8.map { Int32($0) }
  }

  func isSpecial(_ id: Int32) -> Bool { id >= 256 }

  func bytes(ofID id: Int32) -> [UInt8] {
    switch id {
    case 0..<256: [UInt8(id)]
    case 256: Array("<end>".utf8)
    default: Array("<begin>".utf8)
    }
  }
}
