/// How far one short text is from a writer, against how far the writer's own passages of that length are.
///
/// The mean of two distances, each divided by that of as many of the writer's own words to the rest: the function words'
/// and the punctuation's. With nothing but the one writer's texts to go by these tell short texts of three real writers
/// apart best, from 200 words on well (Benchmarks/QUALITY.md). So 1 is as far as the writer's own passages are on
/// average; 95 of 100 of them are below some 1.3 to 2, and half of the passages by others above 1.6 to 3.
public struct VoiceGauge: Sendable {
  /// The metrics that the gauge takes the mean of.
  public static let metrics: [VoiceMetric] = [.functionWords, .punctuation]

  private let panel: VoicePanel

  /// Reads the writer's texts; nil where fewer than two have words.
  public init?(_ texts: [String]) {
    let texts = texts.filter { Seed.wordCount(of: $0) > 0 }
    guard texts.count >= 2 else { return nil }
    // A gauge must say the same of the same text every time: its draws are not the caller's to choose.
    panel = VoicePanel(writer: texts, against: .writers([]), seed: 0)
  }

  /// The distance of a text; nil where it has no function word or no mark of punctuation.
  public func distance(of text: String) -> Double? {
    let profile = panel.profile(of: text)
    let (distances, own) = (panel.distances(of: profile), panel.ownDistances(words: profile.words))
    let ratios = VoiceGauge.metrics.compactMap { metric -> Double? in
      guard let distance = distances[metric], let usual = own[metric], usual > 0 else { return nil }
      return distance / usual
    }
    return ratios.count < VoiceGauge.metrics.count ? nil : ratios.reduce(0, +) / Double(ratios.count)
  }
}

extension ArchiveRow {
  /// What the writer wrote in the row; nil for a conversation.
  package var writtenText: String? {
    switch content {
    case .post(_, _, let text), .text(let text): text
    case .completion(_, let completion): completion
    case .edit(_, _, _, let final): final
    case .chat: nil
    }
  }
}
