import Files

/// Reads the `model` of a `tokenizer.json`.
struct VocabularyReader {
  private(set) var model: BPEModel
  /// The bytes that the ids stand for.
  private(set) var tokenBytes = TokenBytes()

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
    try readUnknownToken()
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
      throw fields.error(.dropout(found: dropout.brief), at: "dropout")
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
    var isTaken = [Bool](repeating: false, count: vocabulary.object.count)
    for (token, value) in vocabulary.object.members {
      let id = try JSONFields.id(value, file: vocabulary.file, path: vocabulary.path, key: token)
      let index = Int(id)
      if index >= isTaken.count {
        isTaken.append(contentsOf: repeatElement(false, count: index + 1 - isTaken.count))
      }
      guard !isTaken[index] else {
        let other = vocabulary.object.members.first { $0.value.intValue == index }?.key ?? token
        throw vocabulary.error(.repeatedID(id, token: other), at: token)
      }
      isTaken[index] = true
      var spelling = token
      spelling.withUTF8 { spelling in
        model.addToken(spelling, id: id)
        let isSpelled = tokenBytes.set(id) { ByteLevelAlphabet.appendBytes(spelledBy: spelling, to: &$0) }
        if isSpelled, tokenBytes[id].count == 1, let byte = tokenBytes[id].first {
          model.setID(ofByte: byte, to: id)
        }
      }
    }
  }

  private mutating func readMerges(_ merges: [JSONValue]) throws(TokenizerError) {
    var merged: [UInt8] = []
    for (rank, merge) in merges.enumerated() {
      merged.removeAll(keepingCapacity: true)
      switch merge {
      case .string(let text):
        merged.append(contentsOf: text.utf8)
        guard let space = merged.firstIndex(of: Self.space), merged.lastIndex(of: Self.space) == space
        else { throw malformedMerge(found: "\"\(text)\"", rank: rank) }
        merged.remove(at: space)
        try addMerge(merged, splitAt: space, rank: rank)
      case .array(let parts):
        guard parts.count == 2, case .string(let left) = parts[0], case .string(let right) = parts[1]
        else { throw malformedMerge(found: "a list of other content", rank: rank) }
        merged.append(contentsOf: left.utf8)
        merged.append(contentsOf: right.utf8)
        try addMerge(merged, splitAt: left.utf8.count, rank: rank)
      default:
        throw malformedMerge(found: merge.kindName, rank: rank)
      }
    }
  }

  private static let space = UInt8(ascii: " ")

  private func malformedMerge(found: String, rank: Int) -> TokenizerError {
    fields.error(.malformedMerge(found: found), at: "merges[\(rank)]")
  }

  /// Adds the merge of the parts of `merged` before and from `split`.
  private mutating func addMerge(
    _ merged: [UInt8], splitAt split: Int, rank: Int
  ) throws(TokenizerError) {
    let left = id(ofSpelling: merged[..<split])
    let right = id(ofSpelling: merged[split...])
    let result = id(ofSpelling: merged[...])
    guard let left, let right, let result else {
      let unknown = left == nil ? merged[..<split] : right == nil ? merged[split...] : merged[...]
      throw fields.error(
        .unknownToken(String(decoding: unknown, as: UTF8.self)), at: "merges[\(rank)]")
    }
    model.addMerge(left, right, into: result)
  }

  private func id(ofSpelling spelling: ArraySlice<UInt8>) -> Int32? {
    spelling.withUnsafeBufferPointer { model.id(ofSpelling: $0) }
  }

  /// Gives bytes that the vocabulary does not have the id of the unknown token, where there is one.
  ///
  /// It has no effect on a vocabulary with all bytes, which may then name any token or none.
  private mutating func readUnknownToken() throws(TokenizerError) {
    let missing = (UInt8.min...UInt8.max).filter { model.idOfByte[Int($0)] == BPEModel.missing }
    guard !missing.isEmpty, fields["unk_token"] != nil else { return }
    let token = try fields.string("unk_token")
    guard let id = id(ofSpelling: Array(token.utf8)[...]) else {
      throw fields.error(.unknownToken(token), at: "unk_token")
    }
    if try fields.bool("fuse_unk", default: false) {
      throw fields.unsupported(
        "true and a vocabulary without some of the 256 bytes", at: "fuse_unk", expected: "false")
    }
    for byte in missing { model.setID(ofByte: byte, to: id) }
  }
}
