import Tensor
import TestSupport
import Testing

@testable import Model

@Suite("Text generator")
struct TextGeneratorTests {
  private let pool = ThreadPool(threadCount: 2)

  /// Random tokens, more than are read at once.
  private func prompt(_ count: Int) -> [Int32] {
    var random = RandomSource(seed: 6, stream: "test")
    return (0..<count).map { _ in Int32(random.next() % 250) }
  }

  @Test("Each greedy token is the likeliest after the whole text so far", arguments: [1, 5, 256, 257, 300])
  func cache(promptLength: Int) throws {
    let base = try BaseModel(path: Fixtures.model("qwen3"), pool: pool)
    let adapter = try AdapterFolder.read(Fixtures.adapter("qwen3"), for: base.configuration)
    let decoder = base.decoder(adapter: adapter, maxPositions: 512, pool: pool)
    let prompt = prompt(promptLength)
    let result = try TextGenerator(decoder, capacity: 400).generate(
      prompt: prompt, maxTokens: 6, sampling: .greedy, seed: 0)
    #expect(result.tokens.count == 6 || result.ending == .endOfText)

    let text = prompt + result.tokens
    let logits = PackedPass(decoder, sequences: [text], purpose: .inference).logits()
    let vocabulary = base.configuration.vocabularySize
    for (index, token) in result.tokens.enumerated() {
      let row = logits[(promptLength + index - 1) * vocabulary..<(promptLength + index) * vocabulary]
      let best = row.indices.max { row[$0] < row[$1] }.map { $0 - row.startIndex }
      #expect(best == Int(token))
    }
  }

  @Test(
    "Text ends at the limit, at the capacity or when the caller says so, and a generator can be used again")
  func endings() throws {
    let base = try BaseModel(path: Fixtures.model("smollm2"), pool: pool)
    let decoder = base.decoder(adapter: nil, maxPositions: 64, pool: pool)
    let generator = TextGenerator(decoder, capacity: 12)
    let prompt = prompt(4)
    let limited = try generator.generate(prompt: prompt, maxTokens: 3, sampling: .greedy, seed: 0)
    #expect(limited.tokens.count == 3 && limited.ending == .limit)
    let full = try generator.generate(prompt: prompt, maxTokens: 100, sampling: .greedy, seed: 0)
    #expect(full.tokens.count == 8 && full.ending == .limit)
    #expect(Array(full.tokens.prefix(3)) == limited.tokens)
    var seen: [Int32] = []
    let stopped = try generator.generate(prompt: prompt, maxTokens: 100, sampling: .greedy, seed: 0) {
      seen.append($0)
      return seen.count < 2
    }
    #expect(stopped.ending == .stopped && stopped.tokens == seen && seen == Array(full.tokens.prefix(2)))
    #expect(try generator.generate(prompt: prompt, maxTokens: 0, sampling: .greedy, seed: 0).tokens.isEmpty)
  }

  @Test("A text that is to have words begins with the likeliest token that is neither blank nor its end")
  func beginning() throws {
    let base = try BaseModel(path: Fixtures.model("smollm2"), pool: pool)
    func write(endOfText: [Int32] = [], isBlank: ((Int32) -> Bool)? = nil) throws -> [Int32] {
      var configuration = base.configuration
      configuration.endOfText = endOfText
      let decoder = Decoder(
        configuration, weights: base.weights.tensors, owner: base.weights.owner, adapter: nil,
        maxPositions: 64,
        pool: pool)
      return try TextGenerator(decoder, capacity: 12).generate(
        prompt: prompt(4), maxTokens: 5, sampling: .greedy, seed: 0, isBlank: isBlank
      ).tokens
    }
    let decoder = base.decoder(adapter: nil, maxPositions: 64, pool: pool)
    let logits = PackedPass(decoder, sequences: [prompt(4)], purpose: .inference).logits().suffix(
      base.configuration.vocabularySize)
    let ranked = logits.indices.sorted { logits[$0] > logits[$1] }.map { Int32($0 - logits.startIndex) }

    let plain = try write()
    #expect(plain.first == ranked[0])
    #expect(try write(isBlank: { $0 != ranked[0] }) == plain)
    #expect(try write(isBlank: { $0 == ranked[0] || $0 == ranked[1] }).first == ranked[2])
    #expect(try write(endOfText: [ranked[0]]) == [])
    #expect(try write(endOfText: [ranked[0]], isBlank: { $0 == ranked[1] }).first == ranked[2])
    // Only the first token is refused, and a vocabulary of blanks gives one of them.
    #expect(try write(isBlank: { plain.dropFirst().contains($0) && $0 != ranked[0] }) == plain)
    #expect(try write(isBlank: { _ in true }).count == 5)
  }

  // Where no product widens weights in fewer bits itself, as below AVX-512, the layers that need it share a scratch.
  @Test("Layers stored in different types write what the same layers in one type do")
  func mixedTypes() throws {
    let bases = try [WeightHolding.float32, .stored].map {
      try BaseModel(path: Fixtures.model("smollm2"), holding: $0, pool: pool)
    }
    var mixed = bases[1].weights.tensors
    mixed.layers[0] = bases[0].weights.tensors.layers[0]
    #expect(mixed.layers[0].projections[0].format == .float32)
    #expect(mixed.layers[1].projections[0].format == .bfloat16)
    let decoders = [bases[0].weights.tensors, mixed].map {
      Decoder(
        bases[0].configuration, weights: $0, owner: bases, adapter: nil, maxPositions: 64, pool: pool)
    }
    let drafts = try decoders.map {
      try TextGenerator($0, capacity: 30).generate(
        prompt: prompt(20), maxTokens: 8, sampling: .greedy, seed: 0
      ).tokens
    }
    #expect(drafts[0] == drafts[1])
  }

  @Test(
    "A weight that is not a number ends the text with an error, however the others are held",
    arguments: [WeightHolding.float32, .stored, .bfloat16, .q8, .q8Tiled])
  func notFinite(holding: WeightHolding) throws {
    let folder = try TemporaryFolder()
    try Fixtures.copyBrokenModel(to: folder)
    let base = try BaseModel(path: folder.path, holding: holding, pool: pool)
    let generator = TextGenerator(
      base.decoder(adapter: nil, maxPositions: 64, pool: pool), capacity: 12)
    let error = #expect(throws: GenerationError.self) {
      try generator.generate(prompt: prompt(4), maxTokens: 3, sampling: .greedy, seed: 0)
    }
    #expect(
      error?.description
        == "after 4 tokens the model's logits hold NaN or infinity; expected finite numbers. The weights of the base"
        + " or the adapter are damaged, or too large for the arithmetic: get the base anew, or choose another base"
        + " or adapter.")
  }
}
