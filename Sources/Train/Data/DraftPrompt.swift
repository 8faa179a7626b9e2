import Model

/// What a draft starts from and how much it may write: one rule for the samples that training shows and for
/// drafting.
public struct DraftPrompt: Equatable, Sendable {
  /// What training puts before the first learned token. A seed with no part in it, before which training puts
  /// nothing, starts from the token that ends the text before.
  public let tokens: [Int32]
  /// The new tokens that the draft is given room for: two a word and a few for the title, so that one which aims
  /// at its length is not cut short.
  public let tokenLimit: Int

  /// The tokens that a title has room in.
  private static let titleTokens = 48

  /// The words that a seed without a length is taken to ask for.
  private static let defaultWords = 200

  /// Lays out the prompt of `seed` in the tokens of `base`.
  public init(for seed: Seed, base: BaseModel) {
    let encoder = ExampleEncoder(tokenizer: BaseTokenCoder(base), maxSequenceLength: .max)
    let prompt = encoder.promptTokens(PromptLayout.prompt(for: seed))
    tokens = prompt.isEmpty ? Array(base.configuration.endOfText.prefix(1)) : prompt
    // A length near the largest integer must not overflow.
    tokenLimit = 2 * min(seed.length ?? DraftPrompt.defaultWords, 1 << 40) + DraftPrompt.titleTokens
  }

  /// The most words for which a draft's limit is at most `tokens`.
  static func mostWords(tokens: Int) -> Int { (tokens - titleTokens) / 2 }
}
