import Files
import Testing

@testable import Train

@Suite("The report at the end")
struct FinalReportTests {
  static func comparison(adapterNats: [Double] = [180, 90]) throws -> HeldOutComparison {
    func losses(_ nats: [Double]) -> [DocumentLoss] {
      zip(nats, [400, 200]).map { DocumentLoss(nats: $0, tokens: $1 / 4, bytes: $1) }
    }
    return try #require(HeldOutComparison(base: losses([200, 100]), adapter: losses(adapterNats), seed: 0))
  }

  static func outcome(
    _ comparison: HeldOutComparison?, edits: EditComparison? = nil, passes: Bool = true
  ) -> FineTuningOutcome {
    FineTuningOutcome(
      adapterPath: "adapters/posts-1", keptStep: 40, comparison: comparison,
      edits: edits, selfTest: AdapterSelfTest(largestDifference: passes ? 0 : 0.5, largestEffect: 0.25),
      endings: DraftEndings(ended: 3, drafts: comparison == nil ? 0 : 4), trainingSeconds: 42,
      trainingTokens: 84_000, evaluationSeconds: 5, sessionSeconds: 50, peakBytes: 212 << 20)
  }

  static let facts = """
    self-test  passed: read back, the adapter gives the trained logits and differs from the base
    speed      2,000 tokens/s (84,000 tokens in 0:42)
    memory     212.0 MiB at the peak
    files      adapters/posts-1/ (PEFT's two files and run.json)

    Write a draft with it:
      ghost draft --topic tea
    """

  static func draft(_ text: String, ended: Bool) -> DraftSample {
    DraftSample(
      place: "posts.jsonl:3", seed: Seed(topic: "tea", length: 120, kind: "note"), text: text,
      endedByItself: ended)
  }

  @Test("Drafts, table, verdict, facts and the next command")
  func whole() throws {
    let long = (1...16).map { "line \($0)" }.joined(separator: "\n")
    let report = FinalReport(
      Self.outcome(try Self.comparison()), totalSteps: 53,
      drafts: (
        before: Self.draft(long, ended: false),
        after: Self.draft("# Tea\n\n\n\nIt \u{1B}was warm.\n", ended: true)
      ), nextCommand: "ghost draft --topic tea")
    // 200 nats over 100 tokens and 400 bytes, twice the rate of 100 over 50 and 200: loss 2, e² and 0.5 / ln 2.
    // Both documents save a tenth, so every draw of the bootstrap saves the same.
    #expect(
      report.lines(width: 60).joined(separator: "\n") == """
        A draft from a held-out seed, "tea", 120 words, note:

        before (did not end by itself)
        \((1...14).map { "  line \($0)" }.joined(separator: "\n"))
          … 4 more words

        after
          # Tea

          It \u{FFFD}was warm.

        Base and adapter on 2 held-out documents
                           base    adapter   saved (95 % interval)
        loss              2.000      1.800
        perplexity         7.39       6.05
        bits per byte     0.721      0.649   +0.072 (+0.072 to +0.072)

        keep: the adapter saves 0.072 bits per byte (95 % interval
        +0.072 to +0.072 over 2 held-out documents).

        kept       step 40 of 53, the best by held-out loss
        drafts     3 of 4 ended by themselves
        \(Self.facts)
        """)
  }

  @Test("Without a held-out side there is no verdict and no draft")
  func withoutHeldOut() {
    let report = FinalReport(
      Self.outcome(nil), totalSteps: 40, drafts: nil, nextCommand: "ghost draft --topic tea")
    #expect(
      report.lines(width: 80).joined(separator: "\n") == """
        No verdict: nothing was held out.

        kept       the last step, 40
        \(Self.facts)
        """)
  }

  @Test("Held-out edits stand under base and adapter")
  func edits() {
    let edits = EditComparison(
      base: EditScore(pairs: 7, preferred: 2, newNats: 9, newTokens: 2, cutNats: 3, cutTokens: 1),
      adapter: EditScore(pairs: 7, preferred: 5, newNats: 8, newTokens: 2))
    let lines = FinalReport(
      Self.outcome(nil, edits: edits), totalSteps: 40, drafts: nil, nextCommand: ""
    ).lines(width: 80)
    #expect(
      lines.dropFirst(3).prefix(3) == [
        "edits      final likelier than draft in 2 → 5 of 7 held out",
        "new words  4.50 → 4.00 nats a token",
        "cut words  3.00 → none nats a token",
      ])
  }

  @Test("A failed self-test says by how much")
  func failedSelfTest() {
    let lines = FinalReport(Self.outcome(nil, passes: false), totalSteps: 40, drafts: nil, nextCommand: "")
      .lines(width: 80)
    #expect(
      lines.contains(
        "self-test  FAILED: read back, logits differ by 0.5 from the trained ones and by 0.25 from the base's"
      ))
  }

  @Test("Colour adds emphasis and changes no word")
  func color() throws {
    let report = FinalReport(
      Self.outcome(try Self.comparison()), totalSteps: 53,
      drafts: (before: Self.draft("a", ended: true), after: Self.draft("b", ended: false)), nextCommand: "x")
    let colored = report.lines(width: 60, style: TextStyle(isColored: true)).joined(separator: "\n")
    #expect(colored.contains("\u{1B}[32mkeep: "))
    #expect(
      colored.replacing(#/\x{1B}\[\d+m/#, with: "") == report.lines(width: 60).joined(separator: "\n"))
  }
}

@Suite("The scores of an evaluation in words")
struct EvaluationReportTests {
  static func outcome(adapter: [DocumentLoss]?, trainedRows: Int? = nil) -> EvaluationOutcome {
    let rows = [("A first piece about one thing.", 3), ("Another one, of another kind.", 5)].map {
      ArchiveRow(file: "a.jsonl", line: $0.1, id: nil, date: nil, content: .text($0.0))
    }
    return EvaluationOutcome(
      rows: rows, skipped: [],
      base: [DocumentLoss(nats: 200, tokens: 100, bytes: 400), DocumentLoss(bytes: 9)],
      adapter: adapter, trainedRows: trainedRows, seed: 0)
  }

  @Test("Where the adapter was trained on some of the rows, the verdict says so")
  func trainedRows() {
    let adapter = [DocumentLoss(nats: 150, tokens: 100, bytes: 400), DocumentLoss(bytes: 9)]
    func report(_ trained: Int?) -> EvaluationReport {
      EvaluationReport(Self.outcome(adapter: adapter, trainedRows: trained))
    }
    #expect(
      report(1).lines().last
        == "note: the adapter was trained on 1 of the 2 rows, which flatters it; --verdict judges it on those that were"
        + " held out.")
    #expect(report(1).json(perRow: false)["trained_rows"] == 1)
    for trained in [nil, 0] { #expect(report(trained).lines().last?.hasPrefix("keep: ") == true) }
    #expect(report(nil).json(perRow: false)["trained_rows"] == .null)
  }

  @Test("The base alone")
  func base() {
    #expect(
      EvaluationReport(Self.outcome(adapter: nil)).lines().joined(separator: "\n") == """
        2 rows, 100 tokens scored
        loss              2.000
        perplexity         7.39
        bits per byte     0.721
        """)
  }

  @Test("One entry a row; a row with nothing to learn has no loss and is no document")
  func rows() throws {
    let adapter = [DocumentLoss(nats: 150, tokens: 100, bytes: 400), DocumentLoss(bytes: 9)]
    let json = EvaluationReport(Self.outcome(adapter: adapter)).json(perRow: true)
    #expect(
      json["rows"] == [
        ["file": "a.jsonl", "line": 3, "tokens": 100, "bytes": 400, "loss": 1.5, "base_loss": 2.0],
        ["file": "a.jsonl", "line": 5, "tokens": 0, "bytes": 9, "loss": nil, "base_loss": nil],
      ])
    #expect(json["documents"] == 1 && json["verdict"] == "keep" && json["row_count"] == 2)
    #expect(json["base"]?["loss"] == 2.0 && json["adapter"]?["loss"] == 1.5)
    #expect(json["base"]?["bytes"] == 400 && json["adapter"]?["bytes"] == 400)
  }

  @Test("A perplexity beyond any number is null")
  func perplexity() throws {
    let json = ScoreJSON.scores(DocumentLoss(nats: 1000, tokens: 1, bytes: 1))
    #expect(json["perplexity"] == .null && json["loss"] == 1000.0)
    _ = try JSONWriter.string(of: json)
  }

  @Test("Without an adapter a row's loss is the base's")
  func baseRows() {
    let json = EvaluationReport(Self.outcome(adapter: nil)).json(perRow: true)
    #expect(json["rows"]?.arrayValue?[0]["loss"] == 2.0)
    #expect(json["rows"]?.arrayValue?[0]["base_loss"] == nil && json["adapter"] == nil)
    #expect(EvaluationReport(Self.outcome(adapter: nil)).json(perRow: false)["rows"] == nil)
  }
}
