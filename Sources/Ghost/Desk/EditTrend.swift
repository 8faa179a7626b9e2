import Foundation

/// Whether edit rates fall from one shipped draft to the next: a least-squares line with its 95 % interval.
///
/// With `x` the number of the draft and `y` its edit rate, the slope is `Σ(x − x̄)(y − ȳ) / Σ(x − x̄)²`, and the
/// interval `slope ± t √(Σ residual² / (n − 2) / Σ(x − x̄)²)` with Student's `t` for `n − 2` degrees of freedom.
public struct EditTrend: Equatable, Sendable {
  /// The fewest drafts that a trend is computed from.
  public static let fewest = 5

  /// The number of drafts.
  public let count: Int
  /// The change of the edit rate from one draft to the next.
  public let slope: Double
  /// The lower end of the slope's 95 % interval.
  public let lower: Double
  /// The upper end of the slope's 95 % interval.
  public let upper: Double

  /// Fits the line to edit rates in the order of shipping; nil where they are too few.
  public init?(_ rates: [Double]) {
    guard rates.count >= Self.fewest else { return nil }
    let n = Double(rates.count)
    let meanX = (n - 1) / 2
    let meanY = rates.reduce(0, +) / n
    var (xx, xy) = (0.0, 0.0)
    for (x, y) in rates.enumerated() {
      xx += (Double(x) - meanX) * (Double(x) - meanX)
      xy += (Double(x) - meanX) * (y - meanY)
    }
    let slope = xy / xx
    let residual = rates.enumerated().reduce(0.0) { sum, point in
      let error = point.element - meanY - slope * (Double(point.offset) - meanX)
      return sum + error * error
    }
    let margin = Self.studentT(rates.count - 2) * (residual / (n - 2) / xx).squareRoot()
    count = rates.count
    self.slope = slope
    lower = slope - margin
    upper = slope + margin
  }

  /// What the trend says, in one line; slopes are given for ten drafts.
  public var text: String {
    let evidence =
      "\(Self.points(10 * slope)) points in ten drafts"
      + " (95 % interval \(Self.points(10 * lower)) to \(Self.points(10 * upper)), over \(count))"
    if upper < 0 { return "the first draft is getting closer to what ships: \(evidence)" }
    if lower > 0 { return "the first draft is getting further from what ships: \(evidence)" }
    return "no trend that is clear of chance: \(evidence)"
  }

  /// The 97.5 % point of Student's t distribution: the expansion in `1/ν` around the normal distribution's (Abramowitz
  /// and Stegun, 26.7.5), right to 0.8 % from three degrees of freedom on.
  static func studentT(_ degrees: Int) -> Double {
    let (z, v) = (1.959963984540054, Double(degrees))
    let (z3, z5, z7) = (pow(z, 3), pow(z, 5), pow(z, 7))
    return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v)
      + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v)
  }

  /// "37 %".
  static func percent(_ rate: Double) -> String { String(format: "%.0f %%", 100 * rate) }

  private static func points(_ difference: Double) -> String { String(format: "%+.1f", 100 * difference) }
}
