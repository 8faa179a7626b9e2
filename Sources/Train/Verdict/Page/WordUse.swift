import Foundation

/// How often words are used in the writer's text and in systems' drafts.
struct WordUse {
  private let counts: [[String: Int]]
  private let totals: [Int]

  /// - Parameter texts: the writer's, the base's and other systems', a list each.
  init(_ texts: [[String]]) {
    counts = texts.map { texts in
      texts.reduce(into: [:]) { counts, text in
        for word in TextUnits(text).words { counts[word, default: 0] += 1 }
      }
    }
    totals = counts.map { $0.values.reduce(0, +) }
  }

  /// The words that tell the first side from the second best, those which it uses most first.
  ///
  /// - Parameters:
  ///   - isWanted: which words count.
  ///   - onlyMore: leaves out those that the first side uses less.
  func telling(_ count: Int, onlyMore: Bool = false, where isWanted: (String) -> Bool) -> [String] {
    let words = Set(counts[0].keys).union(counts[1].keys).filter(isWanted)
    let scored = words.compactMap { word -> (word: String, likelihood: Double)? in
      if onlyMore, rate(word, 0) <= rate(word, 1) { return nil }
      return (word, likelihood(word))
    }
    return scored.sorted { ($1.likelihood, $0.word) < ($0.likelihood, $1.word) }.prefix(count).map(\.word)
      .sorted { (rate($1, 0), $0) < (rate($0, 0), $1) }
  }

  /// The uses of a word in a thousand on one side.
  func rate(_ word: String, _ side: Int) -> Double {
    totals[side] > 0 ? 1000 * Double(counts[side][word] ?? 0) / Double(totals[side]) : 0
  }

  /// Dunning's log-likelihood ratio, G² = 2·Σ observed·ln(observed / expected), of a word between the first two sides.
  ///
  /// - SeeAlso: Dunning, 1993.
  func likelihood(_ word: String) -> Double {
    let observed = [0, 1].map { Double(counts[$0][word] ?? 0) }
    let sizes = [0, 1].map { Double(totals[$0]) }
    let (used, all) = (observed[0] + observed[1], sizes[0] + sizes[1])
    guard used > 0, all > used, sizes[0] > 0, sizes[1] > 0 else { return 0 }
    func term(_ observed: Double, _ expected: Double) -> Double {
      observed > 0 ? observed * log(observed / expected) : 0
    }
    let terms = [0, 1].map {
      term(observed[$0], sizes[$0] * used / all)
        + term(sizes[$0] - observed[$0], sizes[$0] * (all - used) / all)
    }
    return 2 * (terms[0] + terms[1])
  }
}
