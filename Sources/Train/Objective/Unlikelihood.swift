import Foundation

/// The loss of a token that should not be written: −ln(1 − p).
///
/// - SeeAlso: Welleck et al., 2020 (arXiv:1908.04319).
enum Unlikelihood {
  /// What is left of 1 − p where p is nearly 1, so that one certain token does not drown all others.
  static let leastRest = 1e-3

  /// The loss and its derivative by the token's own loss −ln p, which is −p / (1 − p).
  static func value(tokenLoss: Double) -> (loss: Double, byTokenLoss: Double) {
    let rest = max(-expm1(-tokenLoss), leastRest)
    return (-log(rest), -exp(-tokenLoss) / rest)
  }
}
