import Foundation

/// How far two texts are apart in their runs of four characters: the cosine distance of TF-IDF weights.
///
/// A text's weight for a run is its count · (ln((1 + n) / (1 + d)) + 1), with d the number of the n reference texts
/// that have the run.
///
/// - SeeAlso: the baseline of PAN's authorship verification; the weights are scikit-learn's `TfidfVectorizer`.
struct CharacterGrams: Equatable, Sendable {
  /// The place of each compared run.
  private let places: [UInt64: Int]
  /// The squares of the weights of one, by place.
  private let squaredWeights: [Double]

  /// Learns which runs are compared, and their weights.
  ///
  /// - Parameters:
  ///   - texts: the reference texts.
  ///   - count: the most runs to compare, the most frequent ones.
  init(reference texts: [String], count: Int) {
    var totals: [UInt64: (count: Int, texts: Int, last: Int)] = [:]
    for (index, text) in texts.enumerated() {
      CharacterGrams.forEach(in: text) { gram in
        let seen = totals[gram] ?? (0, 0, -1)
        totals[gram] = (seen.count + 1, seen.last == index ? seen.texts : seen.texts + 1, index)
      }
    }
    let frequent = totals.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(count)
    places = Dictionary(uniqueKeysWithValues: frequent.enumerated().map { ($1.key, $0) })
    squaredWeights = frequent.map { _, seen in
      let weight = log(Double(1 + texts.count) / Double(1 + seen.texts)) + 1
      return weight * weight
    }
  }

  /// The number of compared runs.
  var count: Int { squaredWeights.count }

  /// How often each compared run stands in a text.
  func counts(in text: String) -> [Int32] {
    var counts = [Int32](repeating: 0, count: count)
    CharacterGrams.forEach(in: text) { gram in
      if let place = places[gram] { counts[place] &+= 1 }
    }
    return counts
  }

  /// The distance of two texts by their counts, from 0 to 1; nil where one has none of the runs.
  func distance(_ left: [Int32], _ right: [Int32]) -> Double? {
    var (product, a, b) = (0.0, 0.0, 0.0)
    for (index, weight) in squaredWeights.enumerated() {
      let (x, y) = (Double(left[index]), Double(right[index]))
      product += weight * x * y
      a += weight * x * x
      b += weight * y * y
    }
    let norms = (a * b).squareRoot()
    return norms > 0 ? max(0, 1 - product / norms) : nil
  }

  /// Every run of four scalars, lower-cased, with white space as single spaces, each scalar in 16 bits of one number.
  ///
  /// Scalars beyond the first 65,536 (emoji, mostly) all count as the replacement character.
  private static func forEach(in text: String, _ body: (UInt64) -> Void) {
    var (run, length) = (UInt64(0), 0)
    func append(_ value: UInt32) {
      run = run << 16 | UInt64(value > 0xFFFF ? 0xFFFD : value)
      length += 1
      if length >= 4 { body(run) }
    }
    var spaceIsLast = false
    for scalar in text.unicodeScalars {
      let isSpace = scalar.isSpace
      switch scalar.value {
      case _ where isSpace: if !spaceIsLast { append(0x20) }
      case 0x41...0x5A: append(scalar.value | 0x20)
      case ..<0x80: append(scalar.value)
      default: for mapped in scalar.properties.lowercaseMapping.unicodeScalars { append(mapped.value) }
      }
      spaceIsLast = isSpace
    }
  }
}
