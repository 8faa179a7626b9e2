import Files
import TestSupport
import Testing

@testable import Tokenizer

@Suite("BPETrainer") struct BPETrainerTests {
  static func lines() throws -> [String] {
    let file = try MappedFile(path: Fixtures.tokenizer("corpus.txt"))
    return withExtendedLifetime(file) { String(decoding: file.bytes, as: UTF8.self) }
      .split(separator: "\n").map { $0 + "\n" }
  }

  static func train(
    _ texts: [String], size: Int, special: [String] = [], _ preTokenizer: PreTokenizer, minimum: Int = 2
  ) throws -> TrainedVocabulary {
    var trainer = try BPETrainer(
      .init(
        vocabularySize: size, minimumFrequency: minimum, specialTokens: special, preTokenizer: preTokenizer))
    for text in texts { trainer.count(text) }
    return trainer.train()
  }

  /// Merges in either spelling as "left right".
  static func merges(_ json: JSONValue) -> [String] {
    (json["model"]?["merges"]?.arrayValue ?? []).map {
      $0.stringValue ?? ($0.arrayValue ?? []).compactMap(\.stringValue).joined(separator: " ")
    }
  }

  @Test("vocabulary and merges equal those that the tokenizers library learns from the same text")
  func parity() throws {
    let gpt2 = try Self.train(Self.lines(), size: 620, special: ["<|endoftext|>"], .gpt2).json()
    #expect(gpt2["model"]?["vocab"] == (try Fixture.json("gpt2"))["model"]?["vocab"])
    #expect(Self.merges(gpt2) == Self.merges(try Fixture.json("gpt2")))
    #expect(Self.merges(gpt2).count > 150)

    let llama3 = try Self.train(Self.lines(), size: 700, .llama3).json()
    #expect(llama3["model"]?["vocab"] == (try Fixture.json("llama3"))["model"]?["vocab"])
    #expect(Self.merges(llama3) == Self.merges(try Fixture.json("llama3")))
  }

  // "ab" 5 times and "cd" 5 times: the tie goes to the smaller left id. Then "abc", 3 times.
  @Test("the most frequent pair merges first, and of two the one of the smaller ids")
  func order() throws {
    let vocabulary = try Self.train(["cd cd cd cd cd", " ab ab abc abc abc"], size: 259, .gpt2)
    #expect(Self.merges(vocabulary.json()) == ["a b", "c d", "Ġ ab"])
  }

  // "aa aa a": the overlapping third and fourth pair are gone. Then the tie of "aa aa" and "aa a" goes to the
  // smaller right id.
  @Test("overlapping pairs merge from the left")
  func overlap() throws {
    let vocabulary = try Self.train(["aaaaa", "aaaaa"], size: 300, .gpt2)
    #expect(Self.merges(vocabulary.json()) == ["a a", "aa a", "aa aaa"])
  }

  @Test("a pair below the minimum frequency stays two tokens")
  func minimumFrequency() throws {
    let texts = ["xyz", "xyz", "xyz", "uvw", "uvw"]
    #expect(Self.merges(try Self.train(texts, size: 300, .gpt2, minimum: 3).json()) == ["x y", "xy z"])
    #expect(try Self.train(texts, size: 300, .gpt2, minimum: 2).count == 260)
  }

  @Test("the order of the texts changes nothing")
  func determinism() throws {
    let lines = try Self.lines()
    let forward = try Self.train(lines, size: 500, .smolLM2).json()
    let backward = try Self.train(lines.reversed(), size: 500, .smolLM2).json()
    #expect(forward == backward)
    #expect(forward != (try Self.train(Array(lines.dropLast(4)), size: 500, .smolLM2).json()))
  }

  @Test(
    "what is written loads, splits as it was trained, and keeps special tokens whole",
    arguments: [PreTokenizer.gpt2, .smolLM2, .llama3, .qwen2])
  func written(preTokenizer: PreTokenizer) throws {
    let folder = try TemporaryFolder()
    let special = ["<|endoftext|>", "<｜user｜>"]
    try Self.train(Self.lines(), size: 400, special: special, preTokenizer).write(toFolder: folder.path)
    let tokenizer = try TextTokenizer(folder: folder.path)
    #expect(tokenizer.vocabularySize == 400)
    #expect(tokenizer.addedTokens.filter(\.isSpecial).map(\.id) == [0, 1])
    #expect(tokenizer.preTokenizer == preTokenizer)
    let text = "The kettle, 1987 \u{0}é<|endoftext|> <｜user｜>"
    let ids = tokenizer.encode(text)
    #expect(ids.contains(0) && ids.contains(1))
    #expect(tokenizer.decode(ids) == text)
    #expect(ids.count < text.utf8.count / 2)
  }

  @Test(
    "settings that cannot work are refused",
    arguments: [
      (
        257, ["<a>", "<b>"],
        """
        found a vocabulary size of 257; expected at least 258, the 256 bytes and the special tokens. \
        Ask for a larger vocabulary.
        """
      ),
      (
        300, ["<a>", "<a>"],
        "found the special token \"<a>\" twice; expected each once. Remove one of the two."
      ),
      (
        300, ["Ġ"],
        "found the special token \"Ġ\"; expected more than one character. Give it a longer name."
      ),
      (300, [""], "found the special token \"\"; expected more than one character. Give it a longer name."),
    ])
  func refusals(size: Int, special: [String], message: String) throws {
    let error = try #require(throws: BPETrainerError.self) {
      try BPETrainer(.init(vocabularySize: size, specialTokens: special))
    }
    #expect(error.description == message)
  }
}
