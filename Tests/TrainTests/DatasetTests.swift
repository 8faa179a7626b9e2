import TestSupport
import Testing
import Tokenizer

@testable import Train

@Suite("Dataset")
struct DatasetTests {
  private func row(_ line: Int, _ content: ArchiveRow.Content) -> ArchiveRow {
    ArchiveRow(file: "a.jsonl", line: line, id: nil, date: nil, content: content)
  }

  private func text(_ number: Int) -> String {
    (0..<12).map { "w\(number)x\($0)" }.joined(separator: " ")
  }

  private func dataset(
    _ rows: [ArchiveRow], skipped: [RowProblem] = [], blank: Int = 0, settings: Dataset.Settings
  ) throws -> Dataset {
    try Dataset(
      Archive(rows: rows, skipped: skipped, blankLineCount: blank), tokenizer: ByteTokenizer(),
      settings: settings)
  }

  @Test("Both sides hold whole rows, and each row is on one side")
  func sides() throws {
    let rows = (1...40).map { row($0, .text(text($0))) }
    let dataset = try dataset(rows, settings: Dataset.Settings(maxSequenceLength: 32))
    let training = Set(dataset.training.map(\.document))
    let heldOut = Set(dataset.heldOut.map(\.document))
    #expect(training.isDisjoint(with: heldOut) && training.union(heldOut) == Set(rows.indices))
    #expect(Array(heldOut).sorted() == dataset.heldOutRows && heldOut.count >= 2)
    #expect(dataset.learnedBytes == rows.indices.map { text($0 + 1).utf8.count })
    #expect(dataset.report.longRowCount == 40)
    #expect(dataset.report.longRowWindowCount == dataset.training.count + dataset.heldOut.count)
  }

  @Test("The final of an edit and a post of the same words are on one side")
  func editAndPost() throws {
    let rows =
      (1...20).map { row($0, .text(text($0))) }
      + (1...20).map {
        row(20 + $0, .edit(title: nil, seed: Seed(topic: "t"), draft: text($0), final: text(100 + $0)))
      }
      + (1...20).map { row(40 + $0, .post(title: "T", seed: Seed(topic: "t"), text: text(100 + $0))) }
    let dataset = try dataset(rows, settings: Dataset.Settings(maxSequenceLength: 4096))
    #expect(dataset.duplicateGroups == (0..<60).map { $0 % 20 })
    let heldOut = Set(dataset.heldOutRows)
    for first in 0..<20 {
      #expect(heldOut.contains(first) == heldOut.contains(first + 20))
      #expect(heldOut.contains(first) == heldOut.contains(first + 40))
    }
    #expect(dataset.report.exactDuplicateCount == 40)
    #expect(dataset.report.largestOverlap == nil)
  }

  @Test("Copies of one piece are one document of the evidence")
  func heldOutLosses() throws {
    let rows = (1...10).flatMap { number in [number, 10 + number].map { row($0, .text(text(number))) } }
    let dataset = try dataset(rows, settings: Dataset.Settings(maxSequenceLength: 400, validFraction: 0.4))
    let losses = rows.indices.map { DocumentLoss(nats: Double($0), tokens: 1, bytes: 10) }
    let expected = dataset.heldOutRows.filter { $0.isMultiple(of: 2) }.map {
      DocumentLoss(nats: Double(2 * $0 + 1), tokens: 2, bytes: 20)
    }
    #expect(expected.count >= 2 && dataset.heldOutRows.count == 2 * expected.count)
    #expect(dataset.heldOutLosses(losses) == expected)
  }

  @Test("The report says what was found, line by line")
  func report() throws {
    let problem = RowProblem(file: "a.jsonl", line: 9, problem: .notAnObject(found: "a number"))
    let rows = [
      row(1, .text("All of these dozen words come back in three of the rows.")),
      row(2, .text("all OF these  dozen words come back in three of the rows.")),
      row(
        3, .completion(prompt: "p", completion: "All of these dozen words come back in three of the rows!")),
      row(4, .post(title: nil, seed: Seed(topic: "t"), text: "A piece of its own.")),
      row(5, .text("Another that is not long.")),
    ]
    let dataset = try dataset(
      rows, skipped: [problem], blank: 2, settings: Dataset.Settings(maxSequenceLength: 40, validFraction: 0))
    // Labels are the bytes and the end but for the first token of a text: 56, 57 and 25 of the texts, 57 of
    // the completion, 20 of the post. Without a label are those three firsts, 1 and 10 tokens of prompts,
    // and one token of context in the second window of each of three rows.
    #expect(
      dataset.report.lines == [
        "rows         5 (1 post, 3 text, 1 completion)",
        "learned      215 of 232 tokens",
        "windows      6, from 3 rows longer than 40 tokens",
        "duplicates   1 exact, 1 near; each is on the side of its first copy",
        "blank lines  2",
        "split        5 rows to train on, none held out: no verdict",
        "skipped      1 row that cannot be used:",
        "  a.jsonl:9: a row must be one JSON object, found a number",
        "warning: 3 different documents; the field advises 100 clean examples or more before fine-tuning. "
          + "Try the base with your best pieces in its prompt first, or collect more.",
      ])
  }

  @Test(
    "A special token that a row spells out is warned of by line and name; one at its end is the end it has anyway"
  )
  func spelledTokens() throws {
    let tokenizer = try TextTokenizer(folder: Fixtures.model("smollm2"))
    let end = "<|endoftext|>"
    let rows = [
      row(1, .text("A text \(end) and another.")), row(2, .text("A text that ends.\(end)")),
      row(3, .post(title: nil, seed: Seed(topic: "a \(end)"), text: "A piece.")),
      row(4, .edit(title: nil, seed: Seed(topic: "t"), draft: "It \(end) was.", final: "It is.")),
      row(5, .text("A text < | endoftext | > apart.")),
    ]
    let archive = Archive(rows: rows, skipped: [], blankLineCount: 0)
    let report = try Dataset(
      archive, tokenizer: tokenizer, settings: Dataset.Settings(maxSequenceLength: 64, validFraction: 0)
    ).report
    #expect(
      report.warnings.first
        == "warning: a special token is spelled out in a.jsonl:1 (\(end)), a.jsonl:3 (\(end)), a.jsonl:4 (\(end)), and "
        + "is learned as that token, not as text. Write it otherwise, or leave the row out.")
  }

  @Test("Large numbers are set in groups")
  func groups() throws {
    let rows = [row(1, .text(String(repeating: "a", count: 1234)))]
    let report = try dataset(rows, settings: Dataset.Settings(maxSequenceLength: 2000, validFraction: 0))
      .report
    #expect(report.lines[1] == "learned  1,234 of 1,235 tokens")
  }

  @Test("The report names the largest overlap between the sides")
  func overlap() throws {
    // Every text shares its first run of five words, one of eight, with every other.
    let rows = (1...6).map { line in
      row(line, .text("one two three four five" + (0..<7).map { " n\(line)x\($0)" }.joined()))
    }
    let dataset = try dataset(rows, settings: Dataset.Settings(maxSequenceLength: 400))
    let overlap = try #require(dataset.report.largestOverlap)
    #expect(overlap.share == 0.125)
    let places = dataset.heldOutRows.map { rows[$0].place }
    #expect(places.contains(overlap.heldOut) && !places.contains(overlap.training))
    #expect(
      dataset.report.lines.contains(
        "overlap  at most 12.5 % of a held-out row's runs of 5 words: \(overlap.heldOut) in \(overlap.training)"
      ))
  }

  @Test("Rows with nothing to learn are listed, and refused when all are")
  func unlabelled() throws {
    struct Endless: TokenCoder {
      var endOfTextID: Int32? { nil }
      var prefixIDs: [Int32] { [] }
      func encode(_ text: String, addSpecialTokens: Bool) -> [Int32] { text.utf8.map { Int32($0) } }
      func isSpecial(_ id: Int32) -> Bool { false }
      func bytes(ofID id: Int32) -> [UInt8] { [] }
    }
    let settings = Dataset.Settings(maxSequenceLength: 40, validFraction: 0)
    let archive = Archive(
      rows: [row(1, .text("a")), row(2, .text("ab"))], skipped: [], blankLineCount: 0)
    let dataset = try Dataset(archive, tokenizer: Endless(), settings: settings)
    #expect(dataset.training.map(\.document) == [1])
    #expect(
      dataset.report.warnings.first == "warning: no token to learn in a.jsonl:1; left out of training.")
    let error = #expect(throws: ArchiveError.self) {
      try Dataset(
        Archive(rows: [row(1, .text("a")), row(3, .text("b"))], skipped: [], blankLineCount: 0),
        tokenizer: Endless(), settings: settings)
    }
    #expect(
      error?.description
        == "a.jsonl:1, a.jsonl:3: found no token to learn in any row; expected text after the prompt. "
        + "Give the rows text to learn.")
  }

  @Test("The mask preview sets what is learned apart from the prompt and shows the end")
  func preview() throws {
    let rows =
      (1...4).map { row($0, .text("text \($0)")) }
      + [row(5, .completion(prompt: "2 + 2 =", completion: " 4\u{1B}"))]
    let dataset = try dataset(rows, settings: Dataset.Settings(maxSequenceLength: 40, validFraction: 0))
    #expect(
      MaskPreview(tokenizer: ByteTokenizer(), style: .markers).text(dataset) == """
        a.jsonl:1 (text): 7 tokens, 6 learned
        t⟦ext 1<end>⟧

        a.jsonl:2 (text): 7 tokens, 6 learned
        t⟦ext 2<end>⟧

        a.jsonl:5 (completion): 11 tokens, 4 learned
        2 + 2 =⟦ 4\u{FFFD}<end>⟧

        """)
    let color = MaskPreview(tokenizer: ByteTokenizer(), style: .color)
    #expect(
      color.text(dataset.training[4]) == "\u{1B}[2m2 + 2 =\u{1B}[0m\u{1B}[32m 4\u{FFFD}<end>\u{1B}[0m")
  }
}
