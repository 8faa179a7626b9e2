import Files
import TestSupport
import Testing

@testable import Tokenizer

@Suite("TextTokenizer") struct TextTokenizerTests {
  @Test("tokens are found by their spelling and ids by their bytes")
  func lookup() throws {
    let tokenizer = try Fixture.tokenizer("llama3")
    let the = try #require(tokenizer.id(ofToken: "Ġthe"))
    #expect(tokenizer.bytes(ofID: the) == Array(" the".utf8))
    let eot = try #require(tokenizer.id(ofToken: "<|eot_id|>"))
    #expect(tokenizer.isSpecial(eot))
    #expect(!tokenizer.isSpecial(the))
    #expect(tokenizer.vocabularySize == Int(eot) + 1)
    #expect(tokenizer.addedTokens.filter(\.isSpecial).map(\.id).sorted() == [eot - 2, eot - 1, eot])
    #expect(tokenizer.prefixIDs == [eot - 2])
    #expect(tokenizer.template.suffix == [])
    #expect(tokenizer.id(ofToken: " the") == nil)
    #expect(tokenizer.bytes(ofID: eot + 1) == [])
  }

  @Test("a decomposed added token is found in composed text when it is normalized")
  func normalizedAddedToken() throws {
    let tokenizer = try Fixture.tokenizer("flags")
    let id = try #require(tokenizer.id(ofToken: "cafe\u{301}"))
    #expect(tokenizer.encode("caf\u{E9}", addSpecialTokens: false) == [id])
    #expect(tokenizer.id(ofToken: "caf\u{E9}") == nil)
  }

  // As transformers does, which stores how it last cut and padded a batch and sets both anew at every call.
  @Test("stored truncation and padding leave a text as it is")
  func truncation() throws {
    let plain = try Fixture.json("llama3")
    var object = try #require(plain.objectValue)
    object["truncation"] = ["direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0]
    object["padding"] = [
      "strategy": ["Fixed": 32], "direction": "Right", "pad_to_multiple_of": 8, "pad_id": 0, "pad_type_id": 0,
      "pad_token": "!",
    ]
    let text = "A text of more than two tokens."
    let ids = try TextTokenizer(.object(object)).encode(text)
    #expect(try ids == TextTokenizer(plain).encode(text) && ids.count > 2)
  }

  @Test("the folder's other files name what begins and ends a text")
  func roles() throws {
    let folder = try TemporaryFolder()
    let tokenizer = try JSONWriter.bytes(of: Fixture.json("llama3"))
    try AtomicFile.write(tokenizer, to: folder("tokenizer.json"))
    let plain = try TextTokenizer(folder: folder.path)
    #expect(plain.beginOfTextID == nil)
    #expect(plain.endOfTextID == nil)

    try AtomicFile.write(
      #"{"bos_token": {"content": "<|begin_of_text|>"}, "eos_token": null, "model_max_length": 8}"#,
      to: folder("tokenizer_config.json"))
    try AtomicFile.write(
      #"{"bos_token": "<|eot_id|>", "eos_token": "<|end_of_text|>"}"#,
      to: folder("special_tokens_map.json"))
    let named = try TextTokenizer(folder: folder.path)
    #expect(named.beginOfTextID == named.id(ofToken: "<|begin_of_text|>"))
    #expect(named.endOfTextID == named.id(ofToken: "<|end_of_text|>"))

    let config = folder("tokenizer_config.json")
    try AtomicFile.write(#"{"eos_token": "</s>"}"#, to: config)
    let error = try #require(throws: TokenizerError.self) { try TextTokenizer(folder: folder.path) }
    #expect(
      error.description == """
        \(config): eos_token: found "</s>", which is not in the vocabulary; expected one of its tokens. \
        Take all of the tokenizer's files from the same model.
        """)
  }

  @Test("a whole word that is a token is taken whole only where merges are ignored")
  func ignoreMerges() throws {
    // "abc" is a token that no merge makes.
    let model = #""vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}, "merges": ["a b"]"#
    for (ignores, ids) in [("false", [3, 2] as [Int32]), ("true", [4])] {
      let tokenizer = try TextTokenizer(
        JSONParser.parse(
          #"{"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, "#
            + #""model": {"type": "BPE", "ignore_merges": \#(ignores), \#(model)}}"#))
      #expect(tokenizer.encode("abc") == ids)
    }
  }

  @Test("added tokens with the same first character are told apart, the longest first")
  func longestAddedToken() throws {
    let tokenizer = try Fixture.tokenizer("flags")
    let abc = try #require(tokenizer.id(ofToken: "<abc"))
    let abcd = try #require(tokenizer.id(ofToken: "<abcd"))
    #expect(tokenizer.encode("<abcd<abc", addSpecialTokens: false) == [abcd, abc])
  }

  @Test("a token is blank where it writes no word")
  func blank() throws {
    let tokenizer = try Fixture.tokenizer("qwen2")
    for text in [" ", "\n", "\t", "<|endoftext|>"] {
      #expect(tokenizer.encode(text, addSpecialTokens: false).allSatisfy { tokenizer.isBlank($0) }, "\(text)")
    }
    for text in ["a", " a", "#", "ä", "\u{A0}"] {
      #expect(
        tokenizer.encode(text, addSpecialTokens: false).allSatisfy { !tokenizer.isBlank($0) }, "\(text)")
    }
    #expect(tokenizer.isBlank(Int32(tokenizer.vocabularySize)))
  }

  @Test("threads that share a tokenizer get the ids that one thread gets")
  func sharing() async throws {
    let tokenizer = try Fixture.tokenizer("qwen2")
    let texts = try Fixture.golden("ids", "qwen2").map(\.text)
    let expected = texts.map { tokenizer.encode($0) }
    await withTaskGroup(of: [[Int32]].self) { group in
      for _ in 0..<4 {
        group.addTask {
          let encoder = tokenizer.makeEncoder()
          return texts.map { encoder.encode($0) }
        }
      }
      for await found in group { #expect(found == expected) }
    }
  }
}
