import Model
import Tensor

/// Scores rows with a base and an adapter, or with a base that has examples in its prompt.
struct RowScorer {
  private let base: BaseModel
  private let options: TrainingOptions
  private let pool: ThreadPool
  private let sequenceLength: Int
  private let encoder: ExampleEncoder

  init(_ base: BaseModel, options: TrainingOptions, pool: ThreadPool) throws {
    self.base = base
    self.options = options
    self.pool = pool
    sequenceLength = try options.sequenceLength(for: base)
    encoder = ExampleEncoder(
      tokenizer: BaseTokenCoder(base), maxSequenceLength: sequenceLength, masksPrompt: options.masksPrompt)
  }

  /// The loss of each row with an adapter, in windows as training reads them.
  ///
  /// - Throws: the refusals of ``AdapterFingerprint`` and the errors of the adapter.
  func losses(_ rows: [ArchiveRow], adapter path: String) throws -> [DocumentLoss] {
    try AdapterFingerprint.check(path, for: base)
    return losses(
      rows, windows: windows(rows), adapter: try AdapterFolder.read(path, for: base.configuration),
      length: sequenceLength)
  }

  /// The loss of each row with the base alone, after the pieces of `examples` that are nearest to what it is about, as
  /// many as its context has room for. Each window of a longer row has them before it, so that a prompt is not judged
  /// by where training cuts; a row without a prompt goes without.
  func promptedLosses(_ rows: [ArchiveRow], examples: [ArchiveRow]) -> [DocumentLoss] {
    let length = min(max(FewShotPrompt.window, 2 * sequenceLength), base.configuration.contextLength)
    let prompts = FewShotPrompt(base: base, rows: examples, limit: .max)
    let windows = zip(rows, windows(rows)).map { row, windows in
      windows.map { prompted($0, of: row, by: prompts, room: length - $0.tokens.count) }
    }
    return losses(rows, windows: windows, adapter: nil, length: length)
  }

  /// A window with examples behind the tokens that begin every text.
  private func prompted(
    _ window: TrainingExample, of row: ArchiveRow, by prompts: FewShotPrompt, room: Int
  ) -> TrainingExample {
    let shown: FewShotPrompt.Shown
    switch row.content {
    case .post(_, let seed, _), .edit(_, let seed, _, _): shown = prompts.examples(for: seed, room: room)
    case .completion(let prompt, _): shown = prompts.examples(near: prompt, besides: prompt, room: room)
    case .text, .chat: return window
    }
    let prefix = base.tokenizer.prefixIDs
    var tokens = window.tokens
    tokens.insert(contentsOf: shown.tokens, at: tokens.starts(with: prefix) ? prefix.count : 0)
    let labelled = window.labelled.map {
      $0.lowerBound + shown.tokens.count..<$0.upperBound + shown.tokens.count
    }
    return TrainingExample(tokens: tokens, labelled: labelled, document: window.document)
  }

  private func windows(_ rows: [ArchiveRow]) -> [[TrainingExample]] {
    rows.indices.map { encoder.examples(for: rows[$0], document: $0) }
  }

  private func losses(
    _ rows: [ArchiveRow], windows: [[TrainingExample]], adapter: LoRAAdapter?, length: Int
  ) -> [DocumentLoss] {
    let evaluation = RowEvaluation(
      windows.flatMap(\.self), learnedBytes: rows.map(encoder.learnedBytes), tokenBudget: length)
    let decoder = base.decoder(
      adapter: adapter, dtype: options.compute.dtype, maxPositions: length, pool: pool)
    return evaluation.losses(
      TrainingEngine(decoder, optimizer: nil, capacity: evaluation.capacity, recomputesLayers: false))
  }
}
