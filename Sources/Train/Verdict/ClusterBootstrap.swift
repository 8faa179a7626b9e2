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
  /// Its values over all draws, ascending; empty where one is no number.
  let ascending: [Double]
  /// How the statistic's spread changes with its size, by its values with each piece left out.
  let acceleration: Double

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
    acceleration = Self.acceleration(strata: strata, statistic)
  }

  /// Takes the draws as they are.
  init(point: Double, ascending: [Double], acceleration: Double) {
    self.point = point
    self.ascending = ascending
    self.acceleration = acceleration
  }

  /// Σ U³/n³ / 6(Σ U²/n²)^(3/2) over all pieces, with n the pieces of a piece's group and U = (n − 1)(mean − value) of
  /// the statistic with the piece left out, whose mean is over the group (Davison and Hinkley, 1997, section 5.3.2).
  static func acceleration(strata: [Int], _ statistic: ([Int]) -> Double) -> Double {
    var counts = [Int](repeating: 1, count: strata.reduce(0, +))
    var (cubes, squares) = (0.0, 0.0)
    var start = 0
    for size in strata {
      defer { start += size }
      // Without its only piece a group has no statistic.
      guard size > 1 else { continue }
      let values = (start..<start + size).map { piece in
        counts[piece] = 0
        defer { counts[piece] = 1 }
        return statistic(counts)
      }
      let n = Double(size)
      let mean = values.reduce(0, +) / n
      for value in values {
        let influence = (n - 1) * (mean - value) / n
        cubes += influence * influence * influence
        squares += influence * influence
      }
    }
    let acceleration = cubes / (6 * squares * squares.squareRoot())
    return acceleration.isFinite ? acceleration : 0
  }

  /// The interval that leaves out `alpha` of what might have been, half of it on each side: bias-corrected and
  /// accelerated (Efron, 1987), since a voice distance of fewer different pieces is larger, and its draws lie to one
  /// side of it.
  ///
  /// With z₀ the normal point of the share of draws below the statistic and a the acceleration, an end is the
  /// percentile Φ(z₀ + (z₀ + z) / (1 − a(z₀ + z))) of the draws in place of Φ(z).
  func interval(alpha: Double) -> Interval {
    guard !ascending.isEmpty, point.isFinite else { return Interval(lower: -.infinity, upper: .infinity) }
    // A draw that equals the statistic counts half; a half at either end keeps the point finite.
    let below = ascending.reduce(0.0) { $0 + ($1 < point ? 1 : $1 == point ? 0.5 : 0) }
    let bias = NormalDistribution.quantile((below + 0.5) / Double(ascending.count + 1))
    func end(_ share: Double) -> Double {
      let z = bias + NormalDistribution.quantile(share)
      // Beyond 1 / a the formula turns around; so far out there is nothing but the last draw.
      let stretch = 1 - acceleration * z
      let adjusted =
        stretch > 0 ? NormalDistribution.share(below: bias + z / stretch) : acceleration > 0 ? 1 : 0
      return PairedBootstrap.percentile(100 * adjusted, of: ascending)
    }
    return Interval(lower: end(alpha / 2), upper: end(1 - alpha / 2))
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
