import Tensor

/// The measures by which a text is, or is not, in one writer's voice.
///
/// Built once from what the writer wrote; what a system wrote is then counted piece by piece (``profile(of:)``), added
/// up, and compared (``distances(of:)``): short texts are noisy, a system's drafts taken together are not.
///
/// Distances shrink as a sample grows, so a distance says something only beside that of as much text by the writer:
/// ``ownDistances(words:)``.
public struct VoicePanel: Sendable {
  /// Other texts, beside which the writer's words are frequent or rare.
  public enum Contrast: Equatable, Sendable {
    /// Texts by other people, a list a writer. Only they can say which metrics tell this writer from others.
    case writers([[String]])
    /// Where there are none, a base's drafts: the measures then run between base and writer.
    case base([String])

    var texts: [[String]] {
      switch self {
      case .writers(let writers): writers
      case .base(let drafts): [drafts]
      }
    }
  }

  /// How well each metric tells this writer from the others; nil where too little is there to judge it by.
  public let separation: VoiceSeparation?
  /// What all the writer's texts have together.
  public let writer: VoiceProfile

  private let features: VoiceFeatures
  private let texts: [String]
  private let profiles: [VoiceProfile]
  private let seed: UInt64

  /// Reads the texts.
  ///
  /// - Parameters:
  ///   - texts: what the writer wrote and the adapter may have seen: the training side.
  ///   - contrast: texts by others. Without any there is no cosine delta.
  ///   - seed: of the draws from the writer's texts.
  public init(writer texts: [String], against contrast: Contrast, seed: UInt64) {
    let sides = [texts] + contrast.texts
    let size = VoiceSeparation.chunkSize(sides)
    let (learned, references) = VoiceFeatures.learned(from: VoiceSeparation.chunks(sides, words: size))
    features = learned
    self.texts = texts
    self.seed = seed
    profiles = texts.map(learned.profile)
    writer = profiles.reduce(into: learned.empty, +=)
    if case .writers = contrast {
      separation = VoiceSeparation(references, words: size, features: learned)
    } else {
      separation = nil
    }
  }

  /// The metrics that are not muted: those that tell this writer from others, or all where that was not judged.
  public var metrics: [VoiceMetric] { separation?.telling ?? VoiceMetric.allCases }

  /// What is counted in a text.
  public func profile(of text: String) -> VoiceProfile { features.profile(of: text) }

  /// What is counted in several texts together.
  public func profile(of texts: some Sequence<String>) -> VoiceProfile {
    texts.reduce(into: features.empty) { $0 += features.profile(of: $1) }
  }

  /// The sum of some of the profiles of pieces, as a draw with replacement names them.
  public func sum(of pieces: [VoiceProfile], at places: [Int]) -> VoiceProfile {
    places.reduce(into: features.empty) { $0 += pieces[$1] }
  }

  /// The distance to the writer by every metric; one that the text says nothing about is missing.
  public func distances(of profile: VoiceProfile) -> [VoiceMetric: Double] {
    features.distances(profile, writer)
  }

  /// The distances of as much of the writer's own text to the rest of it.
  ///
  /// The mean over 20 draws of whole posts, of the last of which only a passage of whole paragraphs is taken; of at most
  /// half of all words. Empty where there are fewer than two posts.
  ///
  /// - Parameter words: the size of the sample beside which this is to stand.
  public func ownDistances(words: Int) -> [VoiceMetric: Double] {
    guard profiles.count >= 2 else { return [:] }
    let draws = 20
    var random = RandomSource(seed: seed, stream: "voice")
    var found: [VoiceMetric: [Double]] = [:]
    for _ in 0..<draws {
      let (sample, rest) = draw(words: min(words, writer.words / 2), from: &random)
      for (metric, distance) in features.distances(sample, rest) {
        found[metric, default: []].append(distance)
      }
    }
    return found.mapValues { $0.reduce(0, +) / Double($0.count) }
  }

  /// Random posts of so many words, and all posts of which nothing is among them.
  private func draw(
    words: Int, from random: inout RandomSource
  ) -> (sample: VoiceProfile, rest: VoiceProfile) {
    var (sample, rest) = (features.empty, writer)
    for post in random.shuffled(Array(profiles.indices)) where sample.words < words {
      let missing = words - sample.words
      if profiles[post].words <= missing {
        sample += profiles[post]
      } else {
        let passages = TextChunks.cut([texts[post]], words: missing)
        sample += features.profile(of: passages[random.index(below: passages.count)])
      }
      rest -= profiles[post]
    }
    return (sample, rest)
  }
}
