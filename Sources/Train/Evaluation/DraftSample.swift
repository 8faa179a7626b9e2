import Model

/// A draft written from the seed of a row.
public struct DraftSample: Equatable, Sendable {
  /// The row that the seed is of, as `file:line`.
  public let place: String
  /// The seed.
  public let seed: Seed
  /// The text, without end-of-text.
  public let text: String
  /// Whether the model ended the text itself.
  public let endedByItself: Bool

  /// Writes a draft from a row's prompt.
  ///
  /// - Parameters:
  ///   - generator: made for the decoder that shall write.
  ///   - seed: chooses the draft among those that the model might write.
  static func write(
    for row: ArchiveRow, _ generator: TextGenerator, base: BaseModel, seed: UInt64
  ) throws(GenerationError) -> DraftSample? {
    guard let rowSeed = row.seed else { return nil }
    let prompt = DraftPrompt(for: rowSeed, base: base)
    guard !prompt.tokens.isEmpty, prompt.tokens.count < generator.capacity else { return nil }
    let result = try generator.generate(
      prompt: prompt.tokens, maxTokens: prompt.tokenLimit, sampling: SamplingOptions(), seed: seed,
      isBlank: base.tokenizer.isBlank)
    return DraftSample(
      place: row.place, seed: rowSeed,
      text: base.tokenizer.decode(result.tokens, skipSpecialTokens: true),
      endedByItself: result.ending == .endOfText)
  }
}

extension ArchiveRow {
  /// The seed that the row's piece is learned from; nil for rows without one.
  public var seed: Seed? {
    switch content {
    case .post(_, let seed, _), .edit(_, let seed, _, _): seed
    case .text, .completion, .chat: nil
    }
  }
}
