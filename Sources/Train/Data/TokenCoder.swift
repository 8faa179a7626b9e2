/// What data preparation asks of a tokenizer.
public protocol TokenCoder: Sendable {
  /// The token that ends a document, where the tokenizer has one.
  var endOfText: Int32? { get }

  /// The tokens of `text`, with the tokenizer's own special tokens around them where `addSpecialTokens`.
  func encode(_ text: String, addSpecialTokens: Bool) -> [Int32]

  /// The bytes that a token stands for; a special token's own name.
  func bytes(of token: Int32) -> [UInt8]
}
