/// The cosine form of Burrows's Delta: how far two texts are apart in their use of the most frequent words.
///
/// With f the relative frequency of a word in a text, and μ and σ its mean and standard deviation over reference
/// texts in which every writer weighs the same, a text is the profile z = (f − μ) / σ over the n most frequent words,
/// and Δ(A, B) = 1 − z(A)·z(B) / (‖z(A)‖·‖z(B)‖).
///
/// - SeeAlso: Burrows, 2002; Evert et al., 2017 (doi:10.1093/llc/fqx023), where the cosine tells authors apart best.
struct WordDelta: Equatable, Sendable {
  private let means: [Double]
  /// 1 / σ of each word; 0 for one that every text uses alike, which tells nothing.
  private let scales: [Double]

  /// Learns mean and deviation of each word's frequency.
  ///
  /// - Parameter writers: each writer's reference texts, as the counts of the words compared and of all words.
  init(writers: [[(counts: [Int32], words: Int)]]) {
    let writers = writers.map { $0.filter { $0.words > 0 } }.filter { !$0.isEmpty }
    let count = writers.first?.first?.counts.count ?? 0
    var first = [Double](repeating: 0, count: count)
    var second = first
    for texts in writers {
      let weight = 1 / Double(writers.count * texts.count)
      for text in texts {
        for (index, count) in text.counts.enumerated() {
          let frequency = Double(count) / Double(text.words)
          first[index] += weight * frequency
          second[index] += weight * frequency * frequency
        }
      }
    }
    means = first
    scales = zip(first, second).map { mean, square in
      // A variance that is nothing but rounding has no meaning: 2⁻⁴⁰ of the square is far above it.
      square > (1 + 0x1p-40) * mean * mean ? 1 / (square - mean * mean).squareRoot() : 0
    }
  }

  /// The distance of two texts, from 0 to 2; nil where a text has no words or its profile no direction.
  ///
  /// - Parameters:
  ///   - left: how often each word compared stands in one text, and how many words that has.
  ///   - right: the same of the other.
  func distance(_ left: (counts: [Int32], words: Int), _ right: (counts: [Int32], words: Int)) -> Double? {
    guard left.words > 0, right.words > 0 else { return nil }
    var (product, a, b) = (0.0, 0.0, 0.0)
    for (index, scale) in scales.enumerated() {
      let x = (Double(left.counts[index]) / Double(left.words) - means[index]) * scale
      let y = (Double(right.counts[index]) / Double(right.words) - means[index]) * scale
      product += x * y
      a += x * x
      b += y * y
    }
    let norms = (a * b).squareRoot()
    return norms > 0 ? 1 - product / norms : nil
  }

  /// The most frequent words, by the mean of their frequencies in which every writer weighs the same.
  ///
  /// - Parameter writers: each writer's reference texts, as their words.
  static func frequentWords(_ writers: [[[String]]], count: Int) -> [String] {
    let writers = writers.map { $0.filter { !$0.isEmpty } }.filter { !$0.isEmpty }
    var frequencies: [String: Double] = [:]
    for texts in writers {
      for text in texts {
        let share = 1 / Double(writers.count * texts.count * text.count)
        for word in text { frequencies[word, default: 0] += share }
      }
    }
    return frequencies.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(count).map(\.key)
  }
}
