import Files
import Testing

@testable import Tokenizer

@Suite("Tokenizers that are refused") struct TokenizerErrorTests {
  struct Case: CustomTestStringConvertible {
    /// The keys to the value that is changed.
    let path: [String]
    let value: String
    let message: String
    var testDescription: String { "\(path.joined(separator: ".")) = \(value)" }

    init(_ path: String, _ value: String, _ message: String) {
      (self.path, self.value, self.message) = (path.split(separator: ".").map(String.init), value, message)
    }
  }

  static let otherKind =
    "Use a model with a byte-level BPE tokenizer, such as GPT-2, Llama 3, Qwen 2 or SmolLM2."
  static let damaged = "Fetch the tokenizer's file again."

  static let cases = [
    Case(
      "model.type", #""WordPiece""#,
      #"model.type: found "WordPiece"; expected "BPE". \#(otherKind)"#),
    Case(
      "model.type", #""Unigram""#,
      #"model.type: found "Unigram"; expected "BPE". \#(otherKind)"#),
    Case(
      "model.byte_fallback", "true",
      "model.byte_fallback: found true, the sign of a SentencePiece vocabulary; expected false. \(otherKind)"),
    Case(
      "model.dropout", "0.1",
      """
      model.dropout: found 0.1, by which merges are left out at random; expected null. Set it to null: it is meant \
      for training a base.
      """),
    Case(
      "model.end_of_word_suffix", #""</w>""#,
      #"model.end_of_word_suffix: found "</w>"; expected null. \#(otherKind)"#),
    Case(
      "model.unk_token", #""<unk>""#,
      """
      model.unk_token: found "<unk>", which is not in the vocabulary; expected one of its tokens. \
      Take all of the tokenizer's files from the same model.
      """),
    Case("model.vocab", "[]", "model.vocab: found a list; expected an object. \(damaged)"),
    Case("model.vocab.a", #""0""#, "model.vocab.a: found a string; expected an id. \(damaged)"),
    Case(
      "model.vocab.a", "-1", "model.vocab.a: found the id -1; expected 0 to 4194303. \(damaged)"),
    Case(
      "model.vocab.b", "0",
      #"model.vocab.b: found the id 0, which "a" has already; expected one token an id. \#(damaged)"#),
    Case("model.merges", "null", "model.merges: found nothing; expected a list. \(damaged)"),
    Case(
      "model.merges", #"["a b", "a b c"]"#,
      #"model.merges[1]: found "a b c"; expected two tokens, as "a b" or ["a", "b"]. \#(damaged)"#),
    Case(
      "model.merges", #"[["a"]]"#,
      #"model.merges[0]: found a list of other content; expected two tokens, as "a b" or ["a", "b"]. \#(damaged)"#
    ),
    Case(
      "model.merges", "[7]",
      #"model.merges[0]: found a number; expected two tokens, as "a b" or ["a", "b"]. \#(damaged)"#),
    Case(
      "model.merges", #"[["b", "a"]]"#,
      """
      model.merges[0]: found "ba", which is not in the vocabulary; expected one of its tokens. \
      Take all of the tokenizer's files from the same model.
      """),
    Case(
      "model.rope", "1",
      """
      model.rope: found a field without a known meaning here; expected only fields whose effect on the ids is \
      known. Remove it if it has none.
      """),
    Case(
      "pre_tokenizer", "null", "pre_tokenizer: found nothing; expected an object. \(damaged)"),
    Case(
      "pre_tokenizer", #"{"type": "Digits"}"#,
      #"pre_tokenizer: found no "ByteLevel" step; expected "ByteLevel" as the last step. \#(otherKind)"#),
    Case(
      "pre_tokenizer", #"{"type": "Metaspace"}"#,
      """
      pre_tokenizer.type: found "Metaspace"; expected "ByteLevel", "Split", "Digits" or "Sequence". \(otherKind)
      """),
    Case(
      "pre_tokenizer",
      #"{"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}, {"type": "Digits"}]}"#,
      """
      pre_tokenizer.pretokenizers[1]: found a step behind "ByteLevel"; expected "ByteLevel" as the last step. \
      \(otherKind)
      """),
    Case(
      "pre_tokenizer",
      #"{"type": "Sequence", "pretokenizers": [\#(String(repeating: #"{"type": "Digits"}, "#, count: 16)){"type": "ByteLevel"}]}"#,
      "pre_tokenizer: found 17 steps; expected at most 16. \(otherKind)"),
    Case(
      "pre_tokenizer",
      #"{"type": "Split", "pattern": {"Regex": "\\w+"}, "behavior": "Isolated", "invert": false}"#,
      """
      pre_tokenizer.pattern.Regex: found "\\w+"; expected the pattern of GPT-2, Llama 3 or Qwen 2, character by \
      character. \(otherKind)
      """),
    Case(
      "pre_tokenizer",
      #"{"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false}"#,
      #"pre_tokenizer.behavior: found "MergedWithPrevious"; expected "Isolated". \#(otherKind)"#),
    Case(
      "normalizer", #"{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]}"#,
      #"normalizer.normalizers[1].type: found "Lowercase"; expected "NFC" or no normalizer. \#(otherKind)"#),
    Case(
      "decoder", #"{"type": "Metaspace"}"#,
      #"decoder.type: found "Metaspace"; expected "ByteLevel". \#(otherKind)"#),
    Case(
      "post_processor", #"{"type": "BertProcessing"}"#,
      """
      post_processor.type: found "BertProcessing"; expected "TemplateProcessing", "ByteLevel" or "Sequence". \
      \(otherKind)
      """),
    Case(
      "post_processor", #"{"type": "TemplateProcessing", "single": [], "special_tokens": {}}"#,
      #"post_processor.single: found no text; expected the text once, as the sequence "A". \#(otherKind)"#),
    Case(
      "post_processor",
      #"{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}], "special_tokens": {}}"#,
      "post_processor.special_tokens.<s>: found nothing; expected an object. \(damaged)"),
    Case(
      "post_processor",
      #"""
      {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}],
       "special_tokens": {"<s>": {"ids": [3]}}}
      """#,
      "post_processor.special_tokens.<s>.ids[0]: found the id 3; expected 0 to 2. \(damaged)"),
    Case(
      "added_tokens", #"[{"id": 5, "content": "a"}]"#,
      #"added_tokens[0].id: found the id 5 for "a"; expected 0, its id in the vocabulary. \#(damaged)"#),
    Case(
      "added_tokens", #"[{"id": 5, "content": "<x>"}, {"id": 5, "content": "<y>"}]"#,
      #"added_tokens[1].id: found the id 5, which "<x>" has already; expected one token an id. \#(damaged)"#),
    Case(
      "added_tokens", #"[{"id": 5, "content": "<x>", "special": 1}]"#,
      "added_tokens[0].special: found a number; expected a boolean. \(damaged)"),
  ]

  @Test("the place, what was found, what was expected and what to do", arguments: cases)
  func message(_ example: Case) throws {
    var json = try JSONParser.parse(
      #"{"pre_tokenizer": {"type": "ByteLevel"}, "model": {"vocab": {"a": 0, "b": 1, "ab": 2}, "merges": []}}"#
    )
    _ = try TextTokenizer(json)
    json = Self.setting(json, example.path[...], to: try JSONParser.parse(example.value))
    let error = try #require(throws: TokenizerError.self) {
      try TextTokenizer(json, file: "t/tokenizer.json")
    }
    #expect(error.description == "t/tokenizer.json: " + example.message)
  }

  private static func setting(_ json: JSONValue, _ path: ArraySlice<String>, to value: JSONValue) -> JSONValue
  {
    guard let key = path.first else { return value }
    var object = json.objectValue ?? JSONObject()
    object[key] = setting(object[key] ?? .object(JSONObject()), path.dropFirst(), to: value)
    return .object(object)
  }
}
