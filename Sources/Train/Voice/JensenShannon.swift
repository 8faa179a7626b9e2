import Foundation

/// How far two distributions are apart, by the Jensen–Shannon divergence.
public enum JensenShannon {
  /// The divergence in bits, from 0 for equal shares to 1 for nothing in common.
  ///
  /// With m = (p + q) / 2: (Σ p·log₂(p / m) + Σ q·log₂(q / m)) / 2. The counts are scaled to shares; where one side
  /// has none at all nothing is known, and the answer is nil.
  ///
  /// - SeeAlso: Lin, 1991.
  public static func divergence<Key>(_ left: [Key: Int], _ right: [Key: Int]) -> Double? {
    let (a, b) = (left.values.reduce(0, +), right.values.reduce(0, +))
    guard a > 0, b > 0 else { return nil }
    // A share s of one side against the share t of the other; what only the other has adds nothing here.
    func part(_ s: Double, _ t: Double) -> Double { s > 0 ? s * log2(2 * s / (s + t)) : 0 }
    var terms: [Double] = []
    for (key, count) in left {
      let (p, q) = (Double(count) / Double(a), Double(right[key] ?? 0) / Double(b))
      terms.append(part(p, q) + part(q, p))
    }
    for (key, count) in right where left[key] == nil { terms.append(Double(count) / Double(b)) }
    // Sorted, so that a dictionary's order does not show in the last digits.
    return max(0, terms.sorted().reduce(0, +) / 2)
  }
}
