import Tokenizer

/// What data preparation asks of a tokenizer.
public protocol TokenCoder: Sendable {
  /// The token that ends a document, where the tokenizer has one.
  var endOfTextID: Int32? { get }

  /// The tokens that the tokenizer puts before every text, such as a begin-of-text token.
  var prefixIDs: [Int32] { get }

  /// The tokens of `text`, with the tokenizer's own special tokens around them where `addSpecialTokens`.
  func encode(_ text: String, addSpecialTokens: Bool) -> [Int32]

  /// Whether a token stands for no text.
  func isSpecial(_ id: Int32) -> Bool

  /// The bytes that a token stands for; a special token's own name.
  func bytes(ofID id: Int32) -> [UInt8]
}

extension TextTokenizer: TokenCoder {}
