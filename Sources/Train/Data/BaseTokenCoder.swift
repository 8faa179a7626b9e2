import Model
import Tokenizer

/// A base's tokenizer, with the token by which its model ends a text: that of config.json, which a tokenizer's
/// own files may not name.
struct BaseTokenCoder: TokenCoder {
  let tokenizer: TextTokenizer
  let endOfTextID: Int32?
  var prefixIDs: [Int32] { tokenizer.prefixIDs }

  init(_ base: BaseModel) {
    tokenizer = base.tokenizer
    endOfTextID = base.configuration.endOfText.first
  }

  func encode(_ text: String, addSpecialTokens: Bool) -> [Int32] {
    tokenizer.encode(text, addSpecialTokens: addSpecialTokens)
  }

  func isSpecial(_ id: Int32) -> Bool { tokenizer.isSpecial(id) }

  func bytes(ofID id: Int32) -> [UInt8] { tokenizer.bytes(ofID: id) }
}
