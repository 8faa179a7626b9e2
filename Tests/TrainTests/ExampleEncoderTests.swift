import Testing

@testable import Train

@Suite("Example encoder")
struct ExampleEncoderTests {
  private func row(_ content: ArchiveRow.Content) -> ArchiveRow {
    ArchiveRow(file: "a.jsonl", line: 1, id: nil, date: nil, content: content)
  }

  private func encoder(
    begin: Int32? = nil, end: Int32? = 256, window: Int = 1000, masksPrompt: Bool = true
  ) -> ExampleEncoder {
    ExampleEncoder(
      tokenizer: ByteTokenizer(beginOfText: begin, endOfTextID: end), maxSequenceLength: window,
      masksPrompt: masksPrompt)
  }

  private func ids(_ text: String) -> [Int32] { text.utf8.map { Int32($0) } }

  @Test("The first tokens of an example keep the labels among them, or one")
  func prefix() {
    let example = TrainingExample(
      tokens: [1, 2, 3, 4, 5, 6], labelled: [2..<3, 4..<6], weights: [1, 2, 3], document: 7)
    func labels(_ count: Int) -> [Range<Int>] { example.prefix(count).labelled }
    #expect(
      example.prefix(5) == TrainingExample(tokens: [1, 2, 3, 4, 5], labelled: [2..<3, 4..<5], document: 7))
    #expect(labels(6) == [2..<3, 4..<6] && labels(4) == [2..<3] && labels(2) == [1..<2])
  }

  @Test("A text is learned but for its first token, which nothing predicts")
  func text() {
    #expect(
      encoder().examples(for: row(.text("abc")), document: 4)
        == [TrainingExample(tokens: ids("abc") + [256], labelled: [1..<4], document: 4)])
    #expect(
      encoder(begin: 257).examples(for: row(.text("abc")), document: 0)
        == [TrainingExample(tokens: [257] + ids("abc") + [256], labelled: [1..<5], document: 0)])
  }

  @Test("A completion is learned with its end and without its prompt")
  func completion() {
    let content = ArchiveRow.Content.completion(prompt: "pq", completion: "c")
    #expect(
      encoder(begin: 257).examples(for: row(content), document: 0)
        == [TrainingExample(tokens: [257] + ids("pqc") + [256], labelled: [3..<5], document: 0)])
    #expect(
      encoder(masksPrompt: false).examples(for: row(content), document: 0)
        == [TrainingExample(tokens: ids("pqc") + [256], labelled: [1..<4], document: 0)])
  }

  @Test("A post is learned given its seed, an edit's final the same")
  func seeded() {
    let seed = Seed(topic: "t", length: 10)
    let prompt = ids("topic: t\nlength: 10 words\n\n")
    let expected = TrainingExample(
      tokens: prompt + ids("# T\n\nBody.") + [256], labelled: [prompt.count..<prompt.count + 11], document: 0)
    let post = ArchiveRow.Content.post(title: "T", seed: seed, text: "Body.")
    let edit = ArchiveRow.Content.edit(title: "T", seed: seed, draft: "Draft.", final: "Body.")
    #expect(encoder().examples(for: row(post), document: 0) == [expected])
    #expect(encoder().examples(for: row(edit), document: 0) == [expected])
    #expect(encoder().promptTokens(PromptLayout.prompt(for: seed)) == prompt)
    #expect(encoder().learnedBytes(of: row(post)) == 10)
    #expect(encoder(masksPrompt: false).learnedBytes(of: row(post)) == 10 + prompt.count)
  }

  @Test("Nothing is learned of a single token, and no end is added where the tokenizer has none")
  func unlabelled() {
    #expect(encoder(end: nil).examples(for: row(.text("a")), document: 0).isEmpty)
    #expect(encoder(end: nil).examples(for: row(.text("ab")), document: 0).map(\.tokens) == [ids("ab")])
  }

  @Test("A tokenizer that ends texts itself gets no second end, and none inside")
  func ownEnd() {
    struct Ending: TokenCoder {
      let endOfTextID: Int32? = 256
      let prefixIDs: [Int32] = []
      func encode(_ text: String, addSpecialTokens: Bool) -> [Int32] {
        text.utf8.map { Int32($0) } + (addSpecialTokens ? [256] : [])
      }
      func isSpecial(_ id: Int32) -> Bool { id == 256 }
      func bytes(ofID id: Int32) -> [UInt8] { [] }
    }
    let encoder = ExampleEncoder(tokenizer: Ending(), maxSequenceLength: 100)
    #expect(encoder.examples(for: row(.text("ab")), document: 0).map(\.tokens) == [ids("ab") + [256]])
    let completion = ArchiveRow.Content.completion(prompt: "p", completion: "c")
    #expect(encoder.examples(for: row(completion), document: 0).map(\.tokens) == [ids("pc") + [256]])
  }

  @Test(
    "Windows learn every token of a long row exactly once, in order",
    arguments: [nil, Int32(257)], [16, 17, 31, 64])
  func windows(begin: Int32?, window: Int) {
    let paragraphs = (0..<12).map { String(repeating: "word\($0) ", count: 1 + $0 % 5) }
    let text = paragraphs.joined(separator: "\n\n")
    let prompt = "A prompt of twenty-nine bytes: "
    let examples = encoder(begin: begin, window: window)
      .examples(for: row(.completion(prompt: prompt, completion: text)), document: 2)
    let learned = examples.flatMap { example in example.labelled.flatMap { example.tokens[$0] } }
    #expect(learned == ids(text) + [256])
    #expect(examples.allSatisfy { $0.tokens.count <= window && $0.labelCount > 0 && $0.document == 2 })
    let whole = ids(prompt + text) + [256]
    for example in examples.dropFirst() where example.tokens.first != whole.first {
      // [begin] and the token before the window, neither of them learned.
      #expect(example.labelled.first?.lowerBound == (begin == nil ? 1 : 2))
      #expect(example.tokens.first == begin || begin == nil)
    }
  }

  @Test("A window ends after a paragraph of its second half, else where it is full")
  func paragraphs() {
    let cut = encoder(window: 16).examples(
      for: row(.text("aaaa\n\nbbbb\n\ncccccc dddddddddddd")), document: 0)
    #expect(
      cut.map { $0.tokens.filter { $0 < 256 }.map { UInt8($0) } }.map { String(decoding: $0, as: UTF8.self) }
        == ["aaaa\n\nbbbb\n\n", "\ncccccc dddddddd", "ddddd"])
  }
}
