/// A way in which two texts can be apart that says something of who wrote them.
public enum VoiceMetric: String, CaseIterable, Sendable {
  /// The cosine delta over the 300 most frequent words.
  case cosineDelta
  /// The Jensen–Shannon divergence of the function words.
  case functionWords
  /// The Jensen–Shannon divergence of the marks of punctuation and line breaks.
  case punctuation
  /// How far sentences must grow or shrink on average, in words: the first Wasserstein distance.
  case sentenceLength
  /// The same for paragraphs.
  case paragraphLength
  /// The cosine distance of the TF-IDF weights of the 3,000 most frequent runs of four characters.
  case characterGrams

  /// The metric as reports name it.
  public var name: String {
    switch self {
    case .cosineDelta: "frequent words"
    case .functionWords: "function words"
    case .punctuation: "punctuation"
    case .sentenceLength: "sentence length"
    case .paragraphLength: "paragraph length"
    case .characterGrams: "character runs"
    }
  }
}
