/// Which words and runs a panel counts, and the distance of what was counted by every metric.
struct VoiceFeatures: Sendable {
  /// The lengths up to which sentences and paragraphs are told apart, in words.
  private static let longest = (sentence: 255, paragraph: 511)

  private let frequentPlaces: [String: Int]
  private let grams: CharacterGrams
  private var delta: WordDelta
  private static let functionPlaces = places(FunctionWords.all)

  /// Learns the features from each writer's reference texts, whose profiles are answered too.
  static func learned(from writers: [[String]]) -> (features: VoiceFeatures, references: [[VoiceProfile]]) {
    var features = VoiceFeatures(
      frequentPlaces: places(
        WordDelta.frequentWords(writers.map { $0.map { TextUnits($0).words } }, count: 300)),
      grams: CharacterGrams(reference: writers.flatMap(\.self), count: 3000), delta: WordDelta(writers: []))
    let references = writers.map { $0.map(features.profile) }
    features.fit(to: references)
    return (features, references)
  }

  /// Learns anew what is usual, from the profiles of each writer's reference texts.
  ///
  /// One writer alone is what is usual: no direction away from it means anything, and there is no cosine delta.
  mutating func fit(to writers: [[VoiceProfile]]) {
    let sides = writers.filter { $0.contains { $0.words > 0 } }
    delta = WordDelta(writers: sides.count < 2 ? [] : sides.map { $0.map { ($0.frequentWords, $0.words) } })
  }

  /// A profile of nothing.
  var empty: VoiceProfile {
    func zeros(_ count: Int) -> [Int32] { [Int32](repeating: 0, count: count) }
    return VoiceProfile(
      words: 0, frequentWords: zeros(frequentPlaces.count), functionWords: zeros(FunctionWords.all.count),
      punctuation: zeros(TextUnits.marks.count), sentenceLengths: zeros(Self.longest.sentence + 1),
      paragraphLengths: zeros(Self.longest.paragraph + 1), characterGrams: zeros(grams.count))
  }

  /// What is counted in a text.
  func profile(of text: String) -> VoiceProfile {
    let units = TextUnits(text)
    var profile = empty
    profile.words = units.words.count
    for word in units.words {
      if let place = frequentPlaces[word] { profile.frequentWords[place] &+= 1 }
      if let place = Self.functionPlaces[word] { profile.functionWords[place] &+= 1 }
    }
    profile.punctuation = units.punctuation.map { Int32(truncatingIfNeeded: $0) }
    for length in units.sentenceLengths { profile.sentenceLengths[min(length, Self.longest.sentence)] &+= 1 }
    for length in units.paragraphLengths {
      profile.paragraphLengths[min(length, Self.longest.paragraph)] &+= 1
    }
    profile.characterGrams = grams.counts(in: text)
    return profile
  }

  /// The distances of two profiles; a metric that one of them says nothing about is missing.
  func distances(_ left: VoiceProfile, _ right: VoiceProfile) -> [VoiceMetric: Double] {
    var distances: [VoiceMetric: Double] = [:]
    for metric in VoiceMetric.allCases { distances[metric] = distance(metric, left, right) }
    return distances
  }

  private func distance(_ metric: VoiceMetric, _ left: VoiceProfile, _ right: VoiceProfile) -> Double? {
    switch metric {
    case .cosineDelta: delta.distance((left.frequentWords, left.words), (right.frequentWords, right.words))
    case .functionWords: JensenShannon.divergence(left.functionWords, right.functionWords)
    case .punctuation: JensenShannon.divergence(left.punctuation, right.punctuation)
    case .sentenceLength: Wasserstein.distance(left.sentenceLengths, right.sentenceLengths)
    case .paragraphLength: Wasserstein.distance(left.paragraphLengths, right.paragraphLengths)
    case .characterGrams: grams.distance(left.characterGrams, right.characterGrams)
    }
  }

  private static func places(_ words: [String]) -> [String: Int] {
    Dictionary(words.enumerated().map { ($1, $0) }) { first, _ in first }
  }
}
