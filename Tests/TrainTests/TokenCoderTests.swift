import Foundation
import TestSupport
import Testing
import Tokenizer

@testable import Train

@Suite("Examples from a tokenizer.json")
struct TokenCoderTests {
  @Test(
    "Prompt and piece read back as written, in windows too, with one end",
    arguments: ["llama", "qwen2", "smollm2"], [16, 4096])
  func readsBack(model: String, window: Int) throws {
    let models = URL(fileURLWithPath: #filePath).appendingPathComponent("../../Fixtures/models").standardized
    let tokenizer = try TextTokenizer(folder: models.appendingPathComponent(model).path)
    let end = try #require(tokenizer.endOfTextID)
    let seed = Seed(topic: "a café", length: 10)
    let text = "One “kettle” came in.\n\nIt left, mended, on the 12th. Ça va 🫖."
    let row = ArchiveRow(
      file: "a.jsonl", line: 1, id: nil, date: nil, content: .post(title: "T", seed: seed, text: text))
    let encoder = ExampleEncoder(tokenizer: tokenizer, maxSequenceLength: window)

    let examples = encoder.examples(for: row, document: 0)
    let learned = examples.flatMap { example in example.labelled.flatMap { example.tokens[$0] } }
    #expect(learned.last == end && learned.dropLast().contains(end) == false)
    #expect(tokenizer.decode(learned.dropLast()) == "# T\n\n\(text)")
    if window == 4096 {
      let start = encoder.promptTokens(PromptLayout.prompt(for: seed))
      #expect(examples.map(\.tokens) == [start + learned])
      #expect(start.prefix(tokenizer.prefixIDs.count) == tokenizer.prefixIDs[...])
      #expect(
        tokenizer.decode(start.dropFirst(tokenizer.prefixIDs.count)) == "topic: a café\nlength: 10 words\n\n")
    }
  }
}
