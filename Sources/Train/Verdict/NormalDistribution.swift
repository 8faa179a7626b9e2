import Foundation

/// The standard normal distribution.
enum NormalDistribution {
  /// The point below which the share `probability` of the distribution lies, for a share from 0.5 to below 1.
  ///
  /// Newton's steps on Φ(x) = erfc(−x / √2) / 2 from 0 upwards. Φ is concave there, so every step ends below the
  /// point and none goes past it; they end when rounding stops them.
  static func quantile(_ probability: Double) -> Double {
    precondition((0.5..<1).contains(probability), "no point for the share \(probability)")
    var x = 0.0
    while true {
      let missing = probability - erfc(-x / 2.0.squareRoot()) / 2
      let next = x + missing * (2 * Double.pi).squareRoot() * exp(x * x / 2)
      guard next > x else { return x }
      x = next
    }
  }
}
