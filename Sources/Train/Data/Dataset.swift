/// An archive made ready to train on: token sequences for both sides of the split, and what was found on
/// the way.
public struct Dataset: Sendable {
  /// How an archive becomes a dataset.
  public struct Settings: Equatable, Sendable {
    /// The longest window in tokens, at least ``ExampleEncoder/minimumSequenceLength``.
    public var maxSequenceLength: Int
    /// Whether prompts go without labels.
    public var masksPrompt: Bool
    /// The share of documents to hold out, in [0, 1); 0 holds out none.
    public var validFraction: Double
    /// What is learned of an edit.
    public var objective: Objective
    /// The pins of rows that the adapter to begin with was trained on (see ``RowPins``): neither they nor their
    /// duplicates are held out. Nil where there is such an adapter and nothing tells its rows.
    public var trainedBefore: Set<String>? = []

    /// Makes settings.
    public init(
      maxSequenceLength: Int, masksPrompt: Bool = true, validFraction: Double = 0.15,
      objective: Objective = .sft
    ) {
      self.maxSequenceLength = maxSequenceLength
      self.masksPrompt = masksPrompt
      self.validFraction = validFraction
      self.objective = objective
    }
  }

  /// The rows of the archive; an example's `document` is an index into them.
  public let rows: [ArchiveRow]
  /// The length in bytes of what is learned of each row, for bits per byte.
  public let learnedBytes: [Int]
  /// The rows held out, ascending.
  public let heldOutRows: [Int]
  /// The windows to train on, in file order; finals with their drafts, where the objective compares them.
  public private(set) var training: [TrainingExample]
  /// The windows held out, in file order, without drafts.
  public let heldOut: [TrainingExample]
  /// The finals held out that have a draft to compare with, and the draft.
  public let heldOutPairs: [TrainingExample]
  /// For each row, the first row of its group of duplicates: itself where it is alone.
  public let duplicateGroups: [Int]
  /// What was found, for the pre-flight lines.
  public let report: DatasetReport

  /// Encodes, groups and splits the rows of `archive`.
  ///
  /// - Throws: ``ArchiveError`` where no row has a token to learn, or too few documents differ to hold any
  ///   out.
  public init(_ archive: Archive, tokenizer: any TokenCoder, settings: Settings) throws(ArchiveError) {
    let rows = archive.rows
    let encoder = ExampleEncoder(
      tokenizer: tokenizer, maxSequenceLength: settings.maxSequenceLength, masksPrompt: settings.masksPrompt,
      objective: settings.objective, comparesDrafts: true)
    learnedBytes = rows.map(encoder.learnedBytes)
    // Where only the end of a text would be learned, as of a post that is all quotation, there is nothing to score.
    let windows = rows.indices.map { [learnedBytes] in
      learnedBytes[$0] > 0 ? encoder.examples(for: rows[$0], document: $0) : []
    }
    let learnable = rows.indices.filter { !windows[$0].isEmpty }
    guard !learnable.isEmpty else { throw .nothingToLearn(places: rows.map(\.place)) }

    let texts = rows.map(\.documentTexts)
    let groups = DuplicateGroups(texts)
    let before = settings.trainedBefore ?? []
    let split = try DocumentSplit(
      texts, groups: groups, eligible: learnable,
      trained: before.isEmpty ? [] : rows.indices.filter { before.contains(rows[$0].pin) },
      validFraction: settings.validFraction)

    self.rows = rows
    heldOutRows = split.heldOut
    training = split.training.flatMap { windows[$0] }
    let heldOut = split.heldOut.flatMap { windows[$0] }
    heldOutPairs = heldOut.filter { $0.draft != nil }
    self.heldOut = heldOut.map(\.withoutDraft)
    duplicateGroups = groups.representatives
    report = DatasetReport(
      archive: archive, windows: windows, groups: groups, split: split,
      overlap: SplitOverlap.largest(texts, split: split),
      spelledTokens: rows.indices.compactMap { index in
        encoder.spelledToken(in: windows[index]).map { token in
          let name = String(decoding: tokenizer.bytes(ofID: token), as: UTF8.self)
          return "\(rows[index].place) (\(name))"
        }
      }, settings: settings)
  }

  /// The finals to train on that have a draft to compare with.
  public var pairCount: Int { training.reduce(0) { $0 + ($1.draft == nil ? 0 : 1) } }
  /// The edit rows to train on.
  var trainingEditCount: Int { Set(training.map(\.document)).count { rows[$0].kind == .edit } }

  /// Leaves out the drafts, where nothing is to be learned from them.
  mutating func dropDrafts() { training = training.map(\.withoutDraft) }

  /// The losses of what is held out, summed over each group of duplicates: the documents of a bootstrap, of
  /// which two copies of one piece would be one piece of evidence counted twice.
  ///
  /// - Parameter losses: the loss of each row, as many as ``rows``; those of other rows are not read.
  public func heldOutLosses(_ losses: [DocumentLoss]) -> [DocumentLoss] {
    precondition(losses.count == rows.count, "\(losses.count) losses for \(rows.count) rows")
    return Dictionary(grouping: heldOutRows) { duplicateGroups[$0] }
      .sorted { $0.key < $1.key }
      .map { $0.value.map { losses[$0] }.total }
  }
}
