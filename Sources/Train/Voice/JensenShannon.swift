import Foundation

/// How far two distributions are apart, by the Jensen–Shannon divergence.
enum JensenShannon {
  /// The divergence in bits, from 0 for equal shares to 1 for nothing in common.
  ///
  /// With m = (p + q) / 2: (Σ p·log₂(p / m) + Σ q·log₂(q / m)) / 2. The counts are scaled to shares; where one side
  /// has none at all nothing is known, and the answer is nil.
  ///
  /// - Parameters:
  ///   - left: how often each kind was seen on one side.
  ///   - right: the same kinds on the other.
  /// - SeeAlso: Lin, 1991.
  static func divergence(_ left: [Int32], _ right: [Int32]) -> Double? {
    precondition(left.count == right.count, "\(left.count) kinds are not \(right.count)")
    let (a, b) = (left.total, right.total)
    guard a > 0, b > 0 else { return nil }
    // A share s of one side against the share t of the other; what only the other has adds nothing here.
    func part(_ s: Double, _ t: Double) -> Double { s > 0 ? s * log2(2 * s / (s + t)) : 0 }
    var sum = 0.0
    for (count, other) in zip(left, right) where count > 0 || other > 0 {
      let (p, q) = (Double(count) / Double(a), Double(other) / Double(b))
      sum += part(p, q) + part(q, p)
    }
    return max(0, sum / 2)
  }
}

extension [Int32] {
  /// The sum of counts.
  var total: Int { reduce(0) { $0 + Int($1) } }
}
