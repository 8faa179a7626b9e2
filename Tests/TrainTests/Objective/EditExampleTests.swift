import TestSupport
import Testing
import Tokenizer

@testable import Train

@Suite("Weights and drafts of examples")
struct EditExampleTests {
  private func row(
    _ content: ArchiveRow.Content, weight: Double = 1, spans: [ArchiveRow.Span] = []
  ) -> ArchiveRow {
    var row = ArchiveRow(file: "a.jsonl", line: 1, id: nil, date: nil, content: content)
    row.weight = weight
    row.spans = spans
    return row
  }

  private func encoder(
    _ objective: Objective = .sft, window: Int = 1000, comparesDrafts: Bool = true
  ) -> ExampleEncoder {
    ExampleEncoder(
      tokenizer: ByteTokenizer(), maxSequenceLength: window, objective: objective,
      comparesDrafts: comparesDrafts)
  }

  private let seed = Seed(topic: "t")
  private let promptCount = "topic: t\n\n".utf8.count

  @Test("A row's weight is that of each of its labels, and 0 learns nothing")
  func rowWeight() {
    let content = ArchiveRow.Content.completion(prompt: "p", completion: "ab")
    #expect(encoder().examples(for: row(content, weight: 2), document: 0)[0].weights == [2, 2, 2])
    #expect(encoder().examples(for: row(content, weight: 0), document: 0).isEmpty)
    #expect(encoder().learnedBytes(of: row(content, weight: 0)) == 0)
    #expect(encoder().examples(for: row(content), document: 0)[0].weights == nil)
  }

  @Test("A span of weight 0 stays in the text and out of the labels")
  func zeroSpan() {
    let post = ArchiveRow.Content.post(title: "T", seed: seed, text: " one quoted two")
    let spans = [ArchiveRow.Span(bytes: 5..<11, weight: 0), .init(bytes: 12..<15, weight: 0.5)]
    let example = encoder().examples(for: row(post, spans: spans), document: 0)[0]
    // "# T\n\n" and "one ", then "quoted" without labels, then " two" and the end.
    let start = promptCount
    #expect(example.labelled == [start..<start + 9, start + 15..<start + 20])
    #expect(example.weights == Array(repeating: 1, count: 10) + [0.5, 0.5, 0.5, 1])
    #expect(encoder().learnedBytes(of: row(post, spans: spans)) == 5 + 14 - 6)
  }

  @Test("A final's own words count most, words that survived by how much was changed")
  func diffWeights() throws {
    let edit = ArchiveRow.Content.edit(title: nil, seed: seed, draft: "a bb c d", final: "a xx c d")
    let example = encoder(.weightedSFT).examples(for: row(edit, weight: 0.5), document: 0)[0]
    // One word of four: 0.3 + 0.7 · 0.25 / 0.5, each times the row's weight; the end of the text is the writer's.
    let kept = Float(0.5 * 0.65)
    #expect(example.weights == [kept, 1, 1, 1, kept, kept, kept, kept, 0.5])
    let draft = try #require(example.draft)
    #expect(draft.isNew == [false, true, true, true] + Array(repeating: false, count: 5))
    #expect(draft.isCut == draft.isNew)
    #expect(draft.tokens.count == example.tokens.count && draft.start == promptCount)
    #expect(draft.editRate == 0.25 && draft.weight == 0.5)
    #expect(
      encoder(.sft).examples(for: row(edit), document: 0)[0].weights == nil, "all alike without a diff")
  }

  @Test("DPO learns the final of a pair only against its draft, and one without a draft by itself")
  func dpo() {
    let edit = ArchiveRow.Content.edit(title: nil, seed: seed, draft: "a b", final: "a c")
    #expect(
      encoder(.dpo).examples(for: row(edit), document: 0)[0].weights == Array(repeating: 0, count: 4))
    let long = ArchiveRow.Content.edit(
      title: nil, seed: seed, draft: String(repeating: "b", count: 60), final: "a c")
    let example = encoder(.dpo, window: 40).examples(for: row(long), document: 0)[0]
    #expect(example.draft == nil && example.weights == nil)
  }

  @Test("A draft comes along where both sides fit in one window and something was changed")
  func fitting() {
    func draft(_ draft: String, _ final: String, window: Int = 40) -> RejectedDraft? {
      encoder(window: window).examples(
        for: row(.edit(title: nil, seed: seed, draft: draft, final: final)), document: 0
      ).first?.draft
    }
    let long = String(repeating: "w ", count: 30)
    #expect(draft("a b", "a c") != nil)
    #expect(draft("a  b", "a b") == nil, "nothing but white space differs")
    #expect(draft(long, "a c") == nil)
    #expect(draft("a c", long) == nil)
    #expect(
      encoder(comparesDrafts: false).examples(
        for: row(.edit(title: nil, seed: seed, draft: "a b", final: "a c")), document: 0)[0].draft == nil)
  }

  @Test("Tokens lie where their bytes do, also where the tokenizer normalises or adds")
  func spans() {
    #expect(
      TokenSpans.ranges(of: [257, 97, 98, 256], in: "ab", tokenizer: ByteTokenizer(beginOfText: 257))
        == [0..<0, 0..<1, 1..<2, 2..<2])
    // Decomposed in the text, composed in the tokens: the é takes the place of both, "a" and "b" are exact.
    let text = "ae\u{301}b"
    let composed = Array("a\u{e9}b".utf8).map { Int32($0) }
    let ranges = TokenSpans.ranges(of: composed, in: text, tokenizer: ByteTokenizer())
    #expect(ranges.first == 0..<1 && ranges.last == 4..<5)
    #expect(ranges.allSatisfy { (0...5).contains($0.lowerBound) && $0.upperBound <= 5 })
  }

  @Test("A batch holds final and draft as two sequences and one pair")
  func batch() {
    let pair = encoder(.weightedSFT).examples(
      for: row(.edit(title: nil, seed: seed, draft: "a", final: "bc"), weight: 2), document: 3)
    let plain = encoder().examples(for: row(.text("xyz")), document: 4)
    let examples = pair + plain
    let packing = SequencePacking(examples: examples, filling: .batchSize(2), shuffles: false, seed: 0)
    var batch = Batch(capacity: packing.capacity)
    batch.fill(with: [0, 1], of: examples)
    let final = promptCount + 2
    #expect(batch.offsets == [0, final, final + promptCount + 1, final + promptCount + 1 + 3])
    #expect(
      batch.pairs == [.init(final: 0..<3, draft: 3..<5, document: 3, editRate: 1, weight: 2)])
    #expect(batch.labels == [98, 99, 256, 97, 256] + [121, 122, 256])
    #expect(batch.labelWeights == [4, 4, 2, 0, 0, 1, 1, 1])
    #expect(batch.labelIsChanged == [true, true, false, true, false, false, false, false])
    #expect(batch.totalWeight == 13)
    #expect(packing.capacity.sequences >= batch.sequenceCount)
    #expect(packing.capacity.tokens >= batch.tokenCount && packing.capacity.labels >= batch.labelCount)
    batch.fill(with: [1], of: examples)
    #expect(batch.pairs.isEmpty && batch.totalWeight == 3 && batch.labelWeights == [1, 1, 1])
  }
}
