import Files

/// Which tokens begin and end a text, as the files beside `tokenizer.json` name them.
struct SpecialTokenRoles {
  var beginOfText: Int32?
  var endOfText: Int32?
}

extension TextTokenizer {
  /// Reads the tokenizer of the model folder at `folder`: `tokenizer.json`, and the names of the tokens that
  /// begin and end a text from `tokenizer_config.json` and, where that names none, `special_tokens_map.json`.
  ///
  /// - Throws: ``TokenizerError`` for a tokenizer that this package does not run or a name without a token,
  ///   `JSONParseError` for a file that is not JSON, `FileError` where `tokenizer.json` cannot be read.
  public convenience init(folder: String) throws {
    let file = folder + "/tokenizer.json"
    let definition = try TokenizerDefinition(JSONParser.parse(contentsOf: file), file: file)
    var roles = SpecialTokenRoles()
    for name in ["tokenizer_config.json", "special_tokens_map.json"] {
      let file = folder + "/" + name
      guard let json = try JSONParser.parse(ifPresent: file) else { continue }
      let fields = try JSONFields(json, file: file, path: "")
      roles.beginOfText = try roles.beginOfText ?? definition.id(ofTokenNamedBy: "bos_token", in: fields)
      roles.endOfText = try roles.endOfText ?? definition.id(ofTokenNamedBy: "eos_token", in: fields)
    }
    self.init(definition, roles: roles)
  }

  /// Reads the `tokenizer.json` at `path`, which does not say what begins and ends a text.
  ///
  /// - Throws: as ``init(folder:)``.
  public convenience init(contentsOf path: String) throws {
    try self.init(JSONParser.parse(contentsOf: path), file: path)
  }

  /// Takes the content of a `tokenizer.json`, which errors call `file`.
  ///
  /// - Throws: ``TokenizerError`` for a tokenizer that this package does not run.
  public convenience init(_ json: JSONValue, file: String = "tokenizer.json") throws(TokenizerError) {
    self.init(try TokenizerDefinition(json, file: file), roles: SpecialTokenRoles())
  }
}

extension TokenizerDefinition {
  /// The id of the token that `key` names, as a string or as an object with its `content`.
  fileprivate func id(
    ofTokenNamedBy key: String, in fields: JSONFields
  ) throws(TokenizerError) -> Int32? {
    guard let value = fields[key] else { return nil }
    let name =
      if case .object = value { try fields.fields(key).string("content") } else { try fields.string(key) }
    let bytes = Array(name.utf8)
    if let added = addedTokens.first(where: { $0.content.utf8.elementsEqual(bytes) }) { return added.id }
    guard let id = bytes.withUnsafeBufferPointer({ model.id(ofSpelling: $0) }) else {
      throw fields.error(.unknownToken(name), at: key)
    }
    return id
  }
}
