import Foundation
import Model
import Tensor

/// Scores a base on all rows of some files, and an adapter beside it: nothing is held out or trained.
public struct EvaluationRun: Equatable, Sendable {
  /// The base's folder.
  public var basePath: String
  /// The files, in the form of an archive.
  public var archives: [String]
  /// The adapter's folder; nil scores the base alone.
  public var adapterPath: String?
  /// The settings, of which the longest sequence, prompt masking, bad rows, arithmetic, quantization, threads and the
  /// seed of the bootstrap count.
  public var options: TrainingOptions

  /// Describes a run; nothing is read before `start`.
  public init(basePath: String, archives: [String], adapterPath: String?, options: TrainingOptions) {
    self.basePath = basePath
    self.archives = archives
    self.adapterPath = adapterPath
    self.options = options
  }

  /// Scores every row.
  ///
  /// - Throws: `TrainingError.setting`, ``AdapterMismatch``, ``NonFiniteScore``, and the errors of base, archive and
  ///   adapter.
  public func start() throws -> EvaluationOutcome {
    try options.check()
    let pool = ThreadPool(threadCount: options.threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let archive = try Archive(paths: archives, skipBadRows: options.skipsBadRows)
    let dtype = options.compute.dtype
    let base = try BaseModel(path: basePath, holding: options.holding, pool: pool)
    let length = try options.sequenceLength(for: base)
    let adapter = try adapterPath.map { path in
      try AdapterFingerprint.check(path, for: base)
      return try AdapterFolder.read(path, for: base.configuration)
    }

    let encoder = ExampleEncoder(
      tokenizer: BaseTokenCoder(base), maxSequenceLength: length, masksPrompt: options.masksPrompt)
    let rows = archive.rows
    let learnedBytes = rows.map(encoder.learnedBytes)
    // An end of text alone has a loss, but no byte to divide it by.
    let examples = rows.indices.filter { learnedBytes[$0] > 0 }.flatMap {
      encoder.examples(for: rows[$0], document: $0)
    }
    guard !examples.isEmpty else { throw ArchiveError.nothingToLearn(places: rows.map(\.place)) }
    let evaluation = RowEvaluation(examples, learnedBytes: learnedBytes, tokenBudget: length)

    let decoder = base.decoder(adapter: adapter, dtype: dtype, maxPositions: length, pool: pool)
    let engine = TrainingEngine(
      decoder, optimizer: nil, capacity: evaluation.capacity, recomputesLayers: false)
    let adapterLosses = adapter.map { _ in evaluation.losses(engine) }
    let baseLosses = evaluation.losses(
      engine, with: base.decoder(adapter: nil, dtype: dtype, maxPositions: length, pool: pool))
    // The base first: an adapter on a base that gives no number gives none either.
    try NonFiniteScore.check(baseLosses, of: rows, by: basePath)
    if let adapterPath, let adapterLosses {
      try NonFiniteScore.check(adapterLosses, of: rows, by: adapterPath)
    }
    let trained = try adapterPath.flatMap { try RunRecord.read($0) }.flatMap { RowPins(record: $0)?.training }
    return EvaluationOutcome(
      rows: rows, skipped: archive.skipped, base: baseLosses, adapter: adapterLosses,
      trainedRows: trained.map { trained in rows.count { trained.contains($0.pin) } }, seed: options.seed)
  }
}

/// What scoring the rows of an archive gave.
public struct EvaluationOutcome: Equatable, Sendable {
  /// One row's losses.
  public struct Row: Equatable, Sendable {
    /// The file that the row is of.
    public let file: String
    /// Its line there, from 1.
    public let line: Int
    /// With the base alone. Without a token where nothing in the row is learned.
    public let base: DocumentLoss
    /// With the adapter, where one was given.
    public let adapter: DocumentLoss?
  }

  /// Every row, in file order.
  public let rows: [Row]
  /// The rows that were dropped because they cannot be used.
  public let skipped: [RowProblem]
  /// How many of the rows the adapter was trained on, which flatters it; nil without an adapter or a record of its
  /// training.
  public let trainedRows: Int?
  /// Base and adapter over the documents; copies of one piece count as one. Nil without an adapter.
  public let comparison: HeldOutComparison?

  /// The base's loss over all rows of which something is learned, those that the comparison is over.
  public var base: DocumentLoss { rows.map(\.base).filter { $0.tokens > 0 }.total }

  init(
    rows: [ArchiveRow], skipped: [RowProblem], base: [DocumentLoss], adapter: [DocumentLoss]?,
    trainedRows: Int?, seed: UInt64
  ) {
    self.trainedRows = trainedRows
    self.skipped = skipped
    self.rows = rows.indices.map {
      Row(file: rows[$0].file, line: rows[$0].line, base: base[$0], adapter: adapter?[$0])
    }
    comparison = adapter.flatMap { adapter in
      let groups = DuplicateGroups(rows.map(\.documentTexts)).representatives
      let documents = Dictionary(grouping: rows.indices.filter { base[$0].tokens > 0 }) { groups[$0] }
        .sorted { $0.key < $1.key }.map(\.value)
      return HeldOutComparison(
        base: documents.map { $0.map { base[$0] }.total },
        adapter: documents.map { $0.map { adapter[$0] }.total }, seed: seed)
    }
  }
}
