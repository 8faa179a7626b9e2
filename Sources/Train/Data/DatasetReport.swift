import Foundation

/// What was found in an archive before the first step, in numbers and in lines.
public struct DatasetReport: Equatable, Sendable {
  /// Below this many different documents, fine-tuning rarely beats a prompt with examples.
  public static let advisedDocuments = 100

  /// The overlap of a held-out row with a row to train on.
  public struct Overlap: Equatable, Sendable {
    /// The share of the held-out row's different five-word runs that the other has too, in (0, 1].
    public let share: Double
    /// The held-out row as `file:line`.
    public let heldOut: String
    /// The row to train on as `file:line`.
    public let training: String
  }

  /// The rows of each kind; kinds without rows are left out.
  public let rowCounts: [ArchiveRow.Kind: Int]
  /// The lines with nothing on them.
  public let blankLineCount: Int
  /// The rows that were dropped because they cannot be used.
  public let skipped: [RowProblem]
  /// The tokens with a label, on both sides of the split.
  public let labelledTokens: Int
  /// All tokens of all windows.
  public let totalTokens: Int
  /// The longest window allowed, in tokens.
  public let maxSequenceLength: Int
  /// The rows that did not fit in one window.
  public let longRowCount: Int
  /// The windows that those rows became.
  public let longRowWindowCount: Int
  /// The rows with no token to learn, as `file:line`; they are on neither side.
  public let unlabelledRows: [String]
  /// The rows whose text spells out a special token, as `file:line (token)`.
  public let spelledTokens: [String]
  /// The rows that repeat an earlier one but for case and white space.
  public let exactDuplicateCount: Int
  /// The rows that nearly repeat another.
  public let nearDuplicateCount: Int
  /// The different documents with something to learn: duplicates count once.
  public let distinctDocuments: Int
  /// The rows to train on.
  public let trainingRowCount: Int
  /// The rows held out.
  public let heldOutRowCount: Int
  /// The largest overlap between the sides, nil where they share no five-word run.
  public let largestOverlap: Overlap?
  /// Whether it is known which rows the adapter to begin with, if there is one, was trained on.
  public let knowsTrainedBefore: Bool

  init(
    archive: Archive, windows: [[TrainingExample]], groups: DuplicateGroups, split: DocumentSplit,
    overlap: SplitOverlap?, spelledTokens: [String], settings: Dataset.Settings
  ) {
    let rows = archive.rows
    let long = windows.filter { $0.count > 1 }
    rowCounts = Dictionary(rows.map { ($0.kind, 1) }, uniquingKeysWith: +)
    blankLineCount = archive.blankLineCount
    skipped = archive.skipped
    labelledTokens = windows.joined().reduce(0) { $0 + $1.labelCount }
    totalTokens = windows.joined().reduce(0) { $0 + $1.tokens.count }
    maxSequenceLength = settings.maxSequenceLength
    longRowCount = long.count
    longRowWindowCount = long.joined().count
    unlabelledRows = rows.indices.filter { windows[$0].isEmpty }.map { rows[$0].place }
    self.spelledTokens = spelledTokens
    exactDuplicateCount = groups.exactCount
    nearDuplicateCount = groups.nearCount
    distinctDocuments = Set((split.training + split.heldOut).map { groups.representatives[$0] }).count
    trainingRowCount = split.training.count
    heldOutRowCount = split.heldOut.count
    largestOverlap = overlap.map {
      Overlap(share: $0.share, heldOut: rows[$0.heldOut].place, training: rows[$0.training].place)
    }
    knowsTrainedBefore = settings.trainedBefore != nil
  }

  /// The report as lines of `name  facts`, warnings last; what did not occur is left out.
  public var lines: [String] { FactList.lines(facts) + skippedLines + warnings }

  /// The facts by name.
  var facts: [(name: String, fact: String)] {
    let kinds = ArchiveRow.Kind.allCases.compactMap { kind in
      rowCounts[kind].map { "\(NumberText.grouped($0)) \(kind.rawValue)" }
    }
    let rowCount = NumberText.grouped(rowCounts.values.reduce(0, +))
    var facts = [
      (name: "rows", fact: "\(rowCount) (\(kinds.joined(separator: ", ")))"),
      (
        name: "learned",
        fact: "\(NumberText.grouped(labelledTokens)) of \(NumberText.counted(totalTokens, "token"))"
      ),
    ]
    if longRowCount > 0 {
      let rows = NumberText.counted(longRowCount, "row")
      let limit = NumberText.counted(maxSequenceLength, "token")
      facts.append(
        ("windows", "\(NumberText.grouped(longRowWindowCount)), from \(rows) longer than \(limit)"))
    }
    if exactDuplicateCount + nearDuplicateCount > 0 {
      let (exact, near) = (NumberText.grouped(exactDuplicateCount), NumberText.grouped(nearDuplicateCount))
      facts.append(("duplicates", "\(exact) exact, \(near) near; each is on the side of its first copy"))
    }
    if blankLineCount > 0 { facts.append(("blank lines", NumberText.grouped(blankLineCount))) }
    facts.append(("split", splitText))
    if heldOutRowCount > 0 { facts.append(("overlap", overlapText)) }
    if !skipped.isEmpty {
      facts.append(("skipped", "\(NumberText.counted(skipped.count, "row")) that cannot be used:"))
    }
    return facts
  }

  /// The rows that were dropped, under the last of the facts.
  var skippedLines: [String] { shortened(skipped.map(\.summary)).map { "  \($0)" } }

  /// What the writer should know before going on.
  public var warnings: [String] {
    var warnings: [String] = []
    if !unlabelledRows.isEmpty {
      warnings.append(
        "warning: no token to learn in \(shortened(unlabelledRows).joined(separator: ", ")); left out of training."
      )
    }
    if !spelledTokens.isEmpty {
      warnings.append(
        "warning: a special token is spelled out in \(shortened(spelledTokens).joined(separator: ", ")), and is learned "
          + "as that token, not as text. Write it otherwise, or leave the row out.")
    }
    if distinctDocuments < Self.advisedDocuments {
      warnings.append(
        "warning: \(NumberText.counted(distinctDocuments, "different document")); the field advises \(Self.advisedDocuments) clean "
          + "examples or more before fine-tuning. Try the base with your best pieces in its prompt first, or "
          + "collect more.")
    }
    if heldOutRowCount > 0, !knowsTrainedBefore {
      warnings.append(
        "warning: the adapter to begin with has no run.json that tells which rows it was trained on. Where held-out "
          + "rows are among them, the verdict is too good.")
    }
    return warnings
  }

  private var splitText: String {
    let training = "\(NumberText.counted(trainingRowCount, "row")) to train on"
    return heldOutRowCount > 0
      ? "\(training), \(NumberText.grouped(heldOutRowCount)) held out"
      : "\(training), none held out: no verdict"
  }

  private var overlapText: String {
    guard let largestOverlap else { return "the sides share no run of \(Shingles.width) words" }
    let percent = String(format: "%.1f", 100 * largestOverlap.share)
    return "at most \(percent) % of a held-out row's runs of \(Shingles.width) words: "
      + "\(largestOverlap.heldOut) in \(largestOverlap.training)"
  }
}
