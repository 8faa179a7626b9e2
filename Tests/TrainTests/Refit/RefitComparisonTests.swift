import Files
import Foundation
import Model
import Tensor
import TestSupport
import Testing

@testable import Train

@Suite("Comparing adapters on what neither has seen") struct RefitComparisonTests {
  private func compare(
    _ tiny: TinyRun, old: String?, trained: Set<String> = [], archive: String? = nil
  ) throws -> RefitScores {
    try RefitComparison(
      old: old.map { RefitComparison.System(base: tiny.base, adapter: $0) },
      new: RefitComparison.System(base: tiny.base, adapter: tiny.adapterPath),
      archives: [archive ?? tiny.archive], options: tiny.options
    ).start(trainedBefore: trained)
  }

  @Test("An adapter's score is that of its own run, and so is the base's where no example fits")
  func sameAsTheRun() throws {
    var tiny = try TinyRun()
    tiny.options.compute = .float32
    // Held out is a third of rows of one kind without a prompt, before which no example can stand.
    tiny.archive = try tiny.folder.put(
      TinyRun.rows.compactMap { row in
        let value = try? JSONParser.parse(Array(row.utf8), file: "row")
        let text = ["text", "final", "completion"].lazy.compactMap { value?[$0]?.stringValue }.first
        return text.map { "{\"text\": \"\($0)\"}" }
      }.joined(separator: "\n"), as: "texts.jsonl")
    let outcome = try #require(try tiny.start())
    let comparison = try #require(outcome.comparison)
    let scores = try compare(tiny, old: nil)
    #expect(scores.documents == comparison.bootstrap.documents && scores.old == nil)
    #expect(scores.new == comparison.adapter.total)
    #expect(scores.prompted == comparison.base.total)
    #expect(scores.newSaves.difference == comparison.bootstrap.difference)
  }

  @Test("Examples in the prompt change the base's score, of the same bytes and labels")
  func prompted() throws {
    let tiny = try TinyRun()
    let outcome = try #require(try tiny.start())
    let base = try #require(outcome.comparison?.base.total)
    let scores = try compare(tiny, old: tiny.adapterPath)
    #expect(scores.prompted.bytes == base.bytes && scores.prompted.tokens == base.tokens)
    #expect(scores.prompted.nats != base.nats && scores.prompted.nats.isFinite)
    #expect(scores.old == scores.new && scores.newOverOld?.difference == 0)
  }

  @Test("Every window of a long row has examples before it, where the base's context leaves room")
  func longRows() throws {
    var tiny = try TinyRun()
    tiny.options.maxSequenceLength = 32
    tiny.options.compute = .float32
    let pool = ThreadPool(threadCount: 1)
    let base = try BaseModel(path: tiny.base, pool: pool)
    let rows = try Archive(paths: [tiny.archive]).rows.filter { $0.kind == .post }
    let long = try tiny.folder.put(
      "{\"seed\": {\"topic\": \"a lamp\"}, \"text\": \"\((0..<60).map { "word\($0)" }.joined(separator: " "))\"}",
      as: "long.jsonl")
    let row = try Archive(paths: [long]).rows
    let scorer = try RowScorer(base, options: tiny.options, pool: pool)
    let alone = scorer.promptedLosses(row, examples: [])
    let prompted = scorer.promptedLosses(row, examples: rows)
    let encoder = ExampleEncoder(tokenizer: BaseTokenCoder(base), maxSequenceLength: 32)
    let windows = encoder.examples(for: row[0], document: 0)
    #expect(windows.count > 2 && alone[0].tokens == windows.reduce(0) { $0 + $1.labelCount })
    #expect(prompted[0].tokens == alone[0].tokens && prompted[0].bytes == alone[0].bytes)
    #expect(prompted[0].nats != alone[0].nats && prompted[0].nats.isFinite)
  }

  @Test("Rows that the old adapter was trained on, and their duplicates, are not compared by")
  func unseen() throws {
    let tiny = try TinyRun()
    let base = try BaseModel(path: tiny.base, pool: .init(threadCount: 1))
    // Two near twins, of which the old adapter knows one.
    let words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    let twins = ["", " sixteen"].map { "{\"text\": \"\(words)\($0)\"}" }
    let path = try tiny.folder.put((twins + TinyRun.rows).joined(separator: "\n"), as: "grown.jsonl")
    let dataset = try Dataset(
      Archive(paths: [path]), tokenizer: BaseTokenCoder(base),
      settings: Dataset.Settings(maxSequenceLength: 64, validFraction: 0.9))
    #expect(dataset.duplicateGroups[1] == 0)
    let all = RefitComparison.documents(dataset, trainedBefore: [])
    #expect(all.joined().sorted() == dataset.heldOutRows)
    let twin = try #require(all.first { $0.contains(1) })
    #expect(twin == [0, 1])
    let without = RefitComparison.documents(dataset, trainedBefore: [dataset.rows[1].pin])
    #expect(without == all.filter { $0 != twin })
    let few = RefitComparison.documents(dataset, trainedBefore: [], most: 3)
    #expect(few == [0, all.count / 3, all.count * 2 / 3].map { all[$0] })
  }

  @Test("With no such row there is nothing to compare by")
  func nothing() throws {
    let tiny = try TinyRun()
    try tiny.start()
    let all = Set(try Archive(paths: [tiny.archive]).rows.map(\.pin))
    let error = #expect(throws: RefitError.self) {
      try compare(tiny, old: tiny.adapterPath, trained: all)
    }
    #expect(
      error?.description
        == "\(tiny.archive): found no row that neither adapter was trained on; expected some to compare them by."
        + " Ship more drafts, or train with a --valid-fraction above 0.")
  }
}
