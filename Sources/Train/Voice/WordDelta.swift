/// Burrows's Delta and its cosine form: how far two texts are apart in their use of the most frequent words.
///
/// With f the relative frequency of a word in a text, and μ and σ its mean and standard deviation (n − 1) over the
/// reference texts, a text is the profile z = (f − μ) / σ over the n most frequent words, and
///
///     Burrows(A, B) = Σ|z(A) − z(B)| / n,   cosine(A, B) = 1 − z(A)·z(B) / (‖z(A)‖·‖z(B)‖)
///
/// - SeeAlso: Burrows, 2002; Evert et al., 2017 (doi:10.1093/llc/fqx023), where the cosine tells authors apart best.
public struct WordDelta: Equatable, Sendable {
  /// The words of the profile, the most frequent first.
  public let words: [String]
  private let means: [Double]
  private let deviations: [Double]

  /// Learns the profile from reference texts, by several writers best.
  ///
  /// - Parameters:
  ///   - texts: the words of each text; at least two texts have some.
  ///   - count: the most words to compare; words that every text uses alike tell nothing and are left out.
  public init(reference texts: [[String]], count: Int) {
    let texts = texts.filter { !$0.isEmpty }
    precondition(texts.count >= 2, "\(texts.count) reference texts with words; two are the fewest")
    let frequencies = texts.map(WordDelta.frequencies)
    var totals: [String: Int] = [:]
    for word in texts.joined() { totals[word, default: 0] += 1 }
    let frequent = totals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(count).map(\.key)
    let n = Double(texts.count)
    let statistics = frequent.map { word in
      let values = frequencies.map { $0[word] ?? 0 }
      let mean = values.reduce(0, +) / n
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
      return (word: word, mean: mean, deviation: variance.squareRoot())
    }.filter { $0.deviation > 0 }
    words = statistics.map(\.word)
    means = statistics.map(\.mean)
    deviations = statistics.map(\.deviation)
  }

  /// Burrows's Delta between two texts by their words.
  public func burrows(_ left: [String], _ right: [String]) -> Double {
    let (a, b) = (profile(left), profile(right))
    return a.isEmpty ? 0 : zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(a.count)
  }

  /// Cosine Delta between two texts by their words, from 0 to 2; 1 where a profile has no direction.
  public func cosine(_ left: [String], _ right: [String]) -> Double {
    let (a, b) = (profile(left), profile(right))
    func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
    let norms = (dot(a, a) * dot(b, b)).squareRoot()
    return norms > 0 ? 1 - dot(a, b) / norms : 1
  }

  private func profile(_ text: [String]) -> [Double] {
    let frequencies = WordDelta.frequencies(text)
    return words.indices.map { ((frequencies[words[$0]] ?? 0) - means[$0]) / deviations[$0] }
  }

  private static func frequencies(_ text: [String]) -> [String: Double] {
    var counts: [String: Double] = [:]
    for word in text { counts[word, default: 0] += 1 }
    return counts.mapValues { $0 / Double(text.count) }
  }
}
