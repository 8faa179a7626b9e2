import Files

/// What a `tokenizer.json` says, checked: every part is one that this package runs as the `tokenizers` library
/// does, and everything else is refused.
struct TokenizerDefinition {
  let model: BPEModel
  let normalizer: Normalizer
  let preTokenizer: PreTokenizer
  let template: SpecialTokenTemplate
  let addedTokens: [AddedToken]
  /// The bytes of all ids, added tokens included.
  let tokenBytes: TokenBytes

  /// Reads the content of the `tokenizer.json` named `file`.
  init(_ json: JSONValue, file: String) throws(TokenizerError) {
    let root = try JSONFields(json, file: file, path: "")
    // How a tokenizer last cut and padded batches is kept in "truncation" and "padding"; transformers sets both anew at
    // every call, and a single text is cut and padded only where it is asked to.
    try root.allowOnly([
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
      "decoder", "model",
    ])
    let vocabulary = try VocabularyReader(root.fields("model"))
    addedTokens = try Self.addedTokens(root, model: vocabulary.model)
    model = vocabulary.model
    normalizer = try Self.normalizer(root)
    preTokenizer = try PreTokenizer(root)
    var bytes = vocabulary.tokenBytes
    for token in addedTokens { bytes.set(token.id) { $0.append(contentsOf: token.content.utf8) } }
    tokenBytes = bytes
    template = try SpecialTokenTemplate(root, vocabularySize: bytes.count)
    try Self.checkDecoder(root)
  }

  private static func addedTokens(
    _ root: JSONFields, model: BPEModel
  ) throws(TokenizerError) -> [AddedToken] {
    guard root["added_tokens"] != nil else { return [] }
    var tokens: [AddedToken] = []
    var contents: [Int32: String] = [:]
    for fields in try root.elements("added_tokens") {
      try fields.allowOnly(["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"])
      let isSpecial = try fields.bool("special", default: false)
      let token = AddedToken(
        id: try fields.id("id"),
        content: try fields.string("content"),
        isSpecial: isSpecial,
        isSingleWord: try fields.bool("single_word", default: false),
        stripsLeft: try fields.bool("lstrip", default: false),
        stripsRight: try fields.bool("rstrip", default: false),
        isNormalized: try fields.bool("normalized", default: !isSpecial))
      if let other = contents.updateValue(token.content, forKey: token.id) {
        throw fields.error(.repeatedID(token.id, token: other), at: "id")
      }
      let known = Array(token.content.utf8).withUnsafeBufferPointer { model.id(ofSpelling: $0) }
      if let known, known != token.id {
        throw fields.error(
          .conflictingID(token: token.content, added: token.id, vocabulary: known), at: "id")
      }
      tokens.append(token)
    }
    return tokens
  }

  private static func normalizer(_ root: JSONFields) throws(TokenizerError) -> Normalizer {
    guard root["normalizer"] != nil else { return .none }
    var result = Normalizer.none
    for step in try flatten(root.fields("normalizer"), list: "normalizers") {
      let type = try step.string("type")
      guard type == "NFC" else {
        throw step.unsupported("\"\(type)\"", at: "type", expected: "\"NFC\" or no normalizer")
      }
      result = .nfc
    }
    return result
  }

  /// No decoder at all is taken as the one that undoes the byte spelling, which alone gives the text back.
  private static func checkDecoder(_ root: JSONFields) throws(TokenizerError) {
    guard root["decoder"] != nil else { return }
    for step in try flatten(root.fields("decoder"), list: "decoders") {
      let type = try step.string("type")
      guard type == "ByteLevel" else {
        throw step.unsupported("\"\(type)\"", at: "type", expected: "\"ByteLevel\"")
      }
    }
  }

  /// The components of a possibly nested `Sequence`, in order; a single component is a list of one.
  static func flatten(_ component: JSONFields, list key: String) throws(TokenizerError) -> [JSONFields] {
    guard try component.string("type") == "Sequence" else { return [component] }
    try component.allowOnly(["type", key])
    var components: [JSONFields] = []
    for element in try component.elements(key) { components += try flatten(element, list: key) }
    return components
  }
}
