/// Text to token ids and back, as a Hugging Face `tokenizer.json` with a byte-level BPE model says.
///
/// It never changes after it is made, so threads may share it. Ids equal those of the `tokenizers` library.
public final class TextTokenizer: Sendable {
  /// The number of rows that a model needs for these tokens: the highest id plus one.
  public let vocabularySize: Int
  /// The added tokens in the order of the file.
  public let addedTokens: [AddedToken]
  /// The id that begins a text, where the tokenizer's folder names one.
  public let beginOfTextID: Int32?
  /// The id that ends a text, where the tokenizer's folder names one.
  public let endOfTextID: Int32?

  let model: BPEModel
  let normalizer: Normalizer
  let preTokenizer: PreTokenizer
  let template: SpecialTokenTemplate
  /// Finds the added tokens that are looked for in the text as given.
  let verbatimTokens: AddedTokenMatcher
  /// Finds the added tokens that are looked for in the normalized text.
  let normalizedTokens: AddedTokenMatcher

  private let tokenBytes: TokenBytes
  private let specialIDSet: Set<Int32>

  init(_ definition: TokenizerDefinition, roles: SpecialTokenRoles) {
    model = definition.model
    normalizer = definition.normalizer
    preTokenizer = definition.preTokenizer
    template = definition.template
    addedTokens = definition.addedTokens
    tokenBytes = definition.tokenBytes
    vocabularySize = definition.tokenBytes.count
    beginOfTextID = roles.beginOfText
    endOfTextID = roles.endOfText
    specialIDSet = Set(addedTokens.lazy.filter(\.isSpecial).map(\.id))
    verbatimTokens = AddedTokenMatcher(
      addedTokens.filter { !$0.isNormalized }.map { (Array($0.content.utf8), $0) })
    let normalizer = normalizer
    normalizedTokens = AddedTokenMatcher(
      addedTokens.filter(\.isNormalized).map { (normalizer.normalize(Array($0.content.utf8)), $0) })
  }
}

extension TextTokenizer {
  /// The ids that the tokenizer's template puts before every text.
  public var prefixIDs: [Int32] { template.prefix }

  /// The id of the token that `tokenizer.json` spells as `token`, "Ġthe" for " the"; nil for none.
  public func id(ofToken token: String) -> Int32? {
    if let added = addedTokens.first(where: { $0.content.utf8.elementsEqual(token.utf8) }) {
      return added.id
    }
    return Array(token.utf8).withUnsafeBufferPointer { model.id(ofSpelling: $0) }
  }

  /// The bytes that `id` stands for, which may be a part of a character; none for an id without a token.
  public func bytes(ofID id: Int32) -> [UInt8] { Array(tokenBytes[id]) }

  /// Whether `id` is a special token.
  public func isSpecial(_ id: Int32) -> Bool { specialIDSet.contains(id) }

  /// Whether `id` writes no word: a special token, one of white space alone, or an id without a token.
  public func isBlank(_ id: Int32) -> Bool {
    isSpecial(id) || tokenBytes[id].allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
  }

  /// The ids of `text`.
  ///
  /// - Parameter addSpecialTokens: whether the tokens that the tokenizer's template puts around every text,
  ///   such as a begin-of-text token, are put around this one. A special token that `text` spells out is
  ///   always taken as that token.
  public func encode(_ text: String, addSpecialTokens: Bool = true) -> [Int32] {
    makeEncoder().encode(text, addSpecialTokens: addSpecialTokens)
  }

  /// An encoder for many texts, to be used by one thread.
  public func makeEncoder() -> TokenEncoder { TokenEncoder(self) }

  /// The text of `ids`. Bytes that are not UTF-8 become replacement characters.
  ///
  /// An id without a token adds nothing: models round their vocabulary up to rows that no token has.
  public func decode(_ ids: some Sequence<Int32>, skipSpecialTokens: Bool = false) -> String {
    var bytes: [UInt8] = []
    for id in ids { appendBytes(of: id, skipSpecialTokens: skipSpecialTokens, to: &bytes) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A decoder for ids that come one by one.
  public func makeStreamingDecoder(skipSpecialTokens: Bool = false) -> StreamingDecoder {
    StreamingDecoder(self, skipSpecialTokens: skipSpecialTokens)
  }

  func appendBytes(of id: Int32, skipSpecialTokens: Bool, to bytes: inout [UInt8]) {
    if skipSpecialTokens, isSpecial(id) { return }
    bytes.append(contentsOf: tokenBytes[id])
  }
}
