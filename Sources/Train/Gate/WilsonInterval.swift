/// How sure a rate is that was counted as passes among trials: Wilson's score interval at 95 %.
///
/// With p = passes / trials and z the 97.5 % point of the normal distribution:
///
///     (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n)
///
/// Unlike p ± z·√(p(1 − p)/n) it stays within 0 and 1 and says something where all or none passed.
///
/// - SeeAlso: Wilson, 1927; Newcombe, 1998, method 3.
public struct WilsonInterval: Equatable, Sendable {
  /// The lower end.
  public let lower: Double
  /// The upper end.
  public let upper: Double

  /// The 97.5 % point of the standard normal distribution.
  private static let z = 1.959963984540054

  /// The interval of `passes` among `trials`, of which there must be one.
  public init(passes: Int, trials: Int) {
    precondition(trials > 0 && (0...trials).contains(passes), "\(passes) passes in \(trials) trials")
    let (n, p, z) = (Double(trials), Double(passes) / Double(trials), Self.z)
    let center = p + z * z / (2 * n)
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    // At the ends of the scale the formula is exact and its rounding is not.
    lower = passes == 0 ? 0 : (center - half) / scale
    upper = passes == trials ? 1 : (center + half) / scale
  }
}
