import Foundation
import Tensor

/// What a statistic of some pieces might have been with other pieces by the same writer: its values over pieces
/// drawn with replacement.
///
/// A piece is drawn with all that belongs to it, its drafts by every system and from every sampling seed, so that
/// systems stay paired and samples of one piece are not taken for independent evidence (Efron and Tibshirani, 1993,
/// chapters 8 and 13; Field and Welsh, 2007, for clusters).
struct ClusterBootstrap {
  /// The number of draws.
  static let resamples = 10_000

  /// The statistic of the pieces as they are.
  let point: Double
  /// Its values over all draws, ascending.
  let ascending: [Double]

  /// Draws.
  ///
  /// - Parameters:
  ///   - strata: the pieces of each group that is drawn from by itself, such as each writer's; at least one a group.
  ///   - statistic: computes the statistic from how often each piece was drawn, group after group. A value that is no
  ///     number makes the interval boundless.
  init(strata: [Int], seed: UInt64, resamples: Int = resamples, statistic: ([Int]) -> Double) {
    precondition(!strata.isEmpty && strata.allSatisfy { $0 > 0 }, "a bootstrap of \(strata) pieces")
    point = statistic([Int](repeating: 1, count: strata.reduce(0, +)))
    var random = RandomSource(seed: seed, stream: "bootstrap")
    var counts = [Int](repeating: 0, count: strata.reduce(0, +))
    let values = (0..<resamples).map { _ in
      for index in counts.indices { counts[index] = 0 }
      var start = 0
      for size in strata {
        for _ in 0..<size { counts[start + random.index(below: size)] += 1 }
        start += size
      }
      return statistic(counts)
    }
    ascending = values.allSatisfy(\.isFinite) ? values.sorted() : []
  }

  /// The percentile interval that leaves out `alpha` of the draws, half of it on each side.
  func interval(alpha: Double) -> Interval {
    guard !ascending.isEmpty else { return Interval(lower: -.infinity, upper: .infinity) }
    return Interval(
      lower: PairedBootstrap.percentile(50 * alpha, of: ascending),
      upper: PairedBootstrap.percentile(100 - 50 * alpha, of: ascending))
  }

  /// The standard deviation of the draws: the statistic's standard error.
  var standardError: Double {
    guard ascending.count > 1 else { return .infinity }
    let mean = ascending.reduce(0, +) / Double(ascending.count)
    let squares = ascending.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(ascending.count - 1)).squareRoot()
  }
}

/// Two ends of an interval.
public struct Interval: Equatable, Sendable {
  /// The lower end.
  public let lower: Double
  /// The upper end.
  public let upper: Double

  /// Makes an interval.
  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }
}
