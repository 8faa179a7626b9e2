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

  /// The loss of each row with the base alone, after the pieces of `examples` that are nearest to its prompt, as many
  /// as its context has room for. A row without a prompt, or one that is longer than that, goes without.
  func promptedLosses(_ rows: [ArchiveRow], examples: [ArchiveRow]) -> [DocumentLoss] {
    let length = min(FewShotPrompt.window, base.configuration.contextLength)
    let prompts = FewShotPrompt(base: base, rows: examples, limit: .max)
    let prefix = base.tokenizer.prefixIDs.count
    let plain = windows(rows)
    let windows = rows.indices.map { index -> [TrainingExample] in
      guard plain[index].count == 1, let window = plain[index].first else { return plain[index] }
      let room = length - window.tokens.count
      let shown: FewShotPrompt.Shown
      switch rows[index].content {
      case .post(_, let seed, _), .edit(_, let seed, _, _): shown = prompts.examples(for: seed, room: room)
      case .completion(let prompt, _): shown = prompts.examples(near: prompt, besides: prompt, room: room)
      case .text, .chat: return plain[index]
      }
      var tokens = window.tokens
      tokens.insert(contentsOf: shown.tokens, at: prefix)
      let labelled = window.labelled.map {
        $0.lowerBound + shown.tokens.count..<$0.upperBound + shown.tokens.count
      }
      return [TrainingExample(tokens: tokens, labelled: labelled, document: index)]
    }
    return losses(rows, windows: windows, adapter: nil, length: length)
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
