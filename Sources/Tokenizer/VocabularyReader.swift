import Files

/// Reads the `model` of a `tokenizer.json`.
struct VocabularyReader {
  private(set) var model: BPEModel
  /// The ids with their bytes, in the order of the file.
  private(set) var tokens: [(id: Int32, bytes: [UInt8])] = []
  /// The highest id plus one.
  private(set) var idCount = 0

  private let fields: JSONFields

  init(_ fields: JSONFields) throws(TokenizerError) {
    self.fields = fields
    try Self.checkSettings(fields)
    let vocabulary = try fields.fields("vocab")
    let merges = try fields.list("merges")
    model = BPEModel(
      vocabularyCount: vocabulary.object.count, mergeCount: merges.count,
      ignoresMerges: try fields.bool("ignore_merges", default: false))
    try readTokens(vocabulary)
    try readMerges(merges)
    try checkUnknownToken()
  }

  /// Refuses every model but byte-level BPE without options that change how words merge.
  private static func checkSettings(_ fields: JSONFields) throws(TokenizerError) {
    // Files from before the field existed are told by their merges.
    if let type = fields["type"]?.stringValue, type != "BPE" {
      throw fields.unsupported("\"\(type)\"", at: "type", expected: "\"BPE\"")
    }
    try fields.allowOnly([
      "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
      "byte_fallback", "ignore_merges", "vocab", "merges",
    ])
    if let dropout = fields["dropout"], dropout.doubleValue != 0 {
      throw fields.unsupported("merges dropped at random", at: "dropout", expected: "null")
    }
    if try fields.bool("byte_fallback", default: false) {
      throw fields.unsupported(
        "true, the sign of a SentencePiece vocabulary", at: "byte_fallback", expected: "false")
    }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      guard let value = fields[key], value.stringValue != "" else { continue }
      throw fields.unsupported(
        value.stringValue.map { "\"\($0)\"" } ?? value.kindName, at: key, expected: "null")
    }
  }

  private mutating func readTokens(_ vocabulary: JSONFields) throws(TokenizerError) {
    tokens.reserveCapacity(vocabulary.object.count)
    var isTaken = [Bool](repeating: false, count: vocabulary.object.count)
    for (token, value) in vocabulary.object.members {
      let id = try JSONFields.id(value, file: vocabulary.file, path: vocabulary.place(token))
      let index = Int(id)
      if index >= isTaken.count {
        isTaken.append(contentsOf: repeatElement(false, count: index + 1 - isTaken.count))
      }
      guard !isTaken[index] else {
        let other = vocabulary.object.members.first { $0.value.intValue == index }?.key ?? token
        throw vocabulary.error(.repeatedID(id, token: other), at: token)
      }
      isTaken[index] = true
      idCount = max(idCount, index + 1)
      // A token that no bytes are spelled as, such as "<｜User｜>", is an added one and stands for itself.
      let bytes = ByteLevelAlphabet.bytes(spelledBy: token)
      var spelling = token
      spelling.withUTF8 { model.addToken($0, bytes: bytes, id: id) }
      tokens.append((id, bytes ?? Array(token.utf8)))
    }
  }

  private mutating func readMerges(_ merges: [JSONValue]) throws(TokenizerError) {
    var merged: [UInt8] = []
    for (rank, merge) in merges.enumerated() {
      let place = "merges[\(rank)]"
      switch merge {
      case .string(var text):
        merged.removeAll(keepingCapacity: true)
        text.withUTF8 { merged.append(contentsOf: $0) }
        let spaces = merged.indices.filter { merged[$0] == UInt8(ascii: " ") }
        guard let space = spaces.first, spaces.count == 1 else {
          throw fields.error(.malformedMerge(found: "\"\(text)\""), at: place)
        }
        merged.remove(at: space)
        try addMerge(merged, splitAt: space, at: place)
      case .array(let parts):
        guard parts.count == 2, let left = parts[0].stringValue, let right = parts[1].stringValue else {
          throw fields.error(.malformedMerge(found: "a list of \(parts.count)"), at: place)
        }
        merged.removeAll(keepingCapacity: true)
        merged.append(contentsOf: left.utf8)
        merged.append(contentsOf: right.utf8)
        try addMerge(merged, splitAt: left.utf8.count, at: place)
      default:
        throw fields.error(.malformedMerge(found: merge.kindName), at: place)
      }
    }
  }

  private mutating func addMerge(
    _ merged: [UInt8], splitAt split: Int, at place: String
  ) throws(TokenizerError) {
    let parts = [merged[..<split], merged[split...], merged[...]]
    var ids: [Int32] = []
    for part in parts {
      guard let id = part.withUnsafeBufferPointer({ model.id(ofSpelling: $0) }) else {
        throw fields.error(.unknownToken(String(decoding: part, as: UTF8.self)), at: place)
      }
      ids.append(id)
    }
    model.addMerge(ids[0], ids[1], into: ids[2])
  }

  /// An unknown-token setting is harmless where no byte is unknown.
  private func checkUnknownToken() throws(TokenizerError) {
    guard let token = fields["unk_token"], model.idOfByte.contains(BPEModel.missing) else { return }
    throw fields.unsupported(
      "\"\(token.stringValue ?? token.kindName)\" and a vocabulary without some of the 256 bytes",
      at: "unk_token", expected: "null or a token for every byte")
  }
}
