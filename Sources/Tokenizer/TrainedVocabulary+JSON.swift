import Files

extension TrainedVocabulary {
  /// The vocabulary as the content of a `tokenizer.json`, which ``TextTokenizer`` and the `tokenizers` library
  /// read.
  public func json() -> JSONValue {
    var vocabulary = JSONObject()
    var addedTokens: [JSONValue] = []
    for (id, token) in specialTokens.enumerated() {
      vocabulary.append(token, .integer(Int64(id)))
      addedTokens.append([
        "id": .integer(Int64(id)), "content": .string(token), "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true,
      ])
    }
    for id in specialTokens.count..<count {
      vocabulary.append(spelling(of: id), .integer(Int64(id)))
    }
    return [
      "version": "1.0",
      "truncation": nil,
      "padding": nil,
      "added_tokens": .array(addedTokens),
      "normalizer": nil,
      "pre_tokenizer": preTokenizer.json,
      "post_processor": nil,
      "decoder": PreTokenizer.Step.byteLevel(addsPrefixSpace: false, usesPattern: true).json,
      "model": [
        "type": "BPE",
        "dropout": nil,
        "unk_token": nil,
        "continuing_subword_prefix": nil,
        "end_of_word_suffix": nil,
        "fuse_unk": false,
        "byte_fallback": false,
        "ignore_merges": false,
        "vocab": .object(vocabulary),
        // No spelled byte is a space, so one parts the two tokens.
        "merges": .array(
          merges.map { .string(spelling(of: Int($0.left)) + " " + spelling(of: Int($0.right))) }),
      ],
    ]
  }

  /// Writes `tokenizer.json` into the folder at `folder`.
  ///
  /// - Throws: `FileError` where the file cannot be written.
  public func write(toFolder folder: String) throws {
    try AtomicFile.write(try JSONWriter.bytes(of: json(), layout: .pretty), to: folder + "/tokenizer.json")
  }

  private func spelling(of id: Int) -> String {
    id < specialTokens.count
      ? specialTokens[id] : ByteLevelAlphabet.spelling(of: tokens[id - specialTokens.count])
  }
}
