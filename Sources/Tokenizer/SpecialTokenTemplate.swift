import Files

/// The ids put around every text, such as a begin-of-text token.
struct SpecialTokenTemplate: Equatable, Sendable {
  private(set) var prefix: [Int32] = []
  private(set) var suffix: [Int32] = []

  /// Reads the `post_processor` of a `tokenizer.json` whose ids end below `vocabularySize`.
  init(_ root: JSONFields, vocabularySize: Int) throws(TokenizerError) {
    guard root["post_processor"] != nil else { return }
    let components = try TokenizerDefinition.flatten(root.fields("post_processor"), list: "processors")
    for component in components {
      let type = try component.string("type")
      switch type {
      case "ByteLevel": break  // It trims the offsets of tokens and leaves the ids.
      case "TemplateProcessing": try wrap(component, vocabularySize)
      default:
        throw component.unsupported(
          "\"\(type)\"", at: "type", expected: "\"TemplateProcessing\", \"ByteLevel\" or \"Sequence\"")
      }
    }
  }

  /// Puts a template around what the processors before it made.
  private mutating func wrap(_ template: JSONFields, _ vocabularySize: Int) throws(TokenizerError) {
    try template.allowOnly(["type", "single", "pair", "special_tokens"])
    var before: [Int32] = []
    var after: [Int32] = []
    var hasText = false
    for piece in try template.elements("single") {
      if piece["Sequence"] != nil {
        let sequence = try piece.fields("Sequence")
        guard try sequence.string("id") == "A", !hasText else {
          throw sequence.unsupported("a second text", expected: "the text once, as the sequence \"A\"")
        }
        hasText = true
      } else {
        let name = try piece.fields("SpecialToken").string("id")
        let ids = try Self.ids(ofToken: name, in: template, vocabularySize)
        if hasText { after += ids } else { before += ids }
      }
    }
    guard hasText else {
      throw template.unsupported("no text", at: "single", expected: "the text once, as the sequence \"A\"")
    }
    prefix = before + prefix
    suffix += after
  }

  private static func ids(
    ofToken name: String, in template: JSONFields, _ vocabularySize: Int
  ) throws(TokenizerError) -> [Int32] {
    let token = try template.fields("special_tokens").fields(name)
    var ids: [Int32] = []
    for (index, value) in try token.list("ids").enumerated() {
      ids.append(
        try JSONFields.id(
          value, file: token.file, path: token.path, key: "ids[\(index)]", limit: vocabularySize))
    }
    return ids
  }
}
