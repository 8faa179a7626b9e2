import Foundation

/// The standard normal distribution.
enum NormalDistribution {
  /// The share of the distribution that lies below a point: Φ(x) = erfc(−x / √2) / 2.
  static func share(below x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

  /// The point below which the share `probability` of the distribution lies, for a share above 0 and below 1.
  ///
  /// Newton's steps on Φ from 0 away from it. Φ is concave above 0, so every step ends before the point and none goes
  /// past it; they end when rounding stops them.
  static func quantile(_ probability: Double) -> Double {
    precondition(probability > 0 && probability < 1, "no point for the share \(probability)")
    if probability < 0.5 { return -quantile(1 - probability) }
    var x = 0.0
    while true {
      let missing = probability - share(below: x)
      let next = x + missing * (2 * Double.pi).squareRoot() * exp(x * x / 2)
      guard next > x else { return x }
      x = next
    }
  }
}
