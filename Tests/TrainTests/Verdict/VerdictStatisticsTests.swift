import Files
import Foundation
import TestSupport
import Testing

@testable import Train

@Suite("Statistics of a verdict")
struct VerdictStatisticsTests {
  static func reference(_ key: String) throws -> [JSONValue] {
    let path = Fixtures.reference("statistics/verdict.json")
    return try #require(try JSONParser.parse(contentsOf: path)[key]?.arrayValue)
  }

  private func numbers(_ row: JSONValue, _ key: String) throws -> [Double] {
    try #require(row[key]?.arrayValue).compactMap(\.doubleValue)
  }

  private func number(_ row: JSONValue, _ key: String) -> Double { row[key]?.doubleValue ?? .nan }

  @Test("The points of the normal distribution are SciPy's")
  func quantiles() throws {
    for row in try Self.reference("quantiles") {
      let share = number(row, "share")
      let point = NormalDistribution.quantile(share)
      // Φ is known to some ulps of 1, and a step of the share moves the point by 1 / density there.
      let density = exp(-point * point / 2) / (2 * Double.pi).squareRoot()
      #expect(abs(point - number(row, "point")) <= 8 * 0x1p-52 / density, "\(share)")
    }
  }

  @Test("The smallest effect that shows is (z(1 − α/2) + z(0.8)) standard errors")
  func detectable() throws {
    for row in try Self.reference("detectable") {
      let effect = Effect.detectable(standardError: number(row, "error"), alpha: number(row, "alpha"))
      // Two points, each to a part in 10¹² and better.
      #expect(abs(effect - number(row, "effect")) <= 1e-12 * effect)
    }
    // Bloom's multiplier of 2.8 standard errors for 5 % and power 0.8.
    #expect(abs(Effect.detectable(standardError: 1, alpha: 0.05) - 2.8) <= 0.005)
  }

  @Test("Mean, percentile and bits per byte of drawn pieces are NumPy's over their copies")
  func draws() throws {
    for row in try Self.reference("draws") {
      let counts = try numbers(row, "counts").map { Int($0) }
      let values = try #require(row["values"]?.arrayValue).map {
        try #require($0.arrayValue).compactMap(\.doubleValue)
      }
      let sorted = PieceValues(values)
      // Sums of at most 72 numbers below 4096, and three roundings of a percentile.
      let bound = 72 * 4096 * 0x1p-52
      #expect(abs(values.mean(drawing: counts) - number(row, "mean")) <= bound)
      #expect(abs(sorted.percentile(95, drawing: counts) - number(row, "p95")) <= bound)
      #expect(abs(sorted.percentile(50, drawing: counts) - number(row, "p50")) <= bound)
      let losses = zip(try numbers(row, "nats"), try numbers(row, "bytes")).map {
        DocumentLoss(nats: $0, tokens: 1, bytes: Int($1))
      }
      let drawn = losses.drawing(counts)
      #expect(abs(drawn.bitsPerByte - number(row, "bits_per_byte")) <= 32 * 0x1p-52)
      #expect(drawn.tokens == counts.reduce(0, +))
    }
  }

  @Test("Standard error and interval are those of all possible draws, but for the luck of 10,000")
  func exhaustive() throws {
    for row in try Self.reference("exhaustive") {
      let values = try numbers(row, "values").map { [$0] }
      let bootstrap = ClusterBootstrap(strata: [values.count], seed: 3) { values.mean(drawing: $0) }
      let draws = Double(ClusterBootstrap.resamples)
      #expect(abs(bootstrap.point - values.joined().reduce(0, +) / Double(values.count)) <= 16 * 0x1p-52)
      // The standard deviation of a sample's: σ·√((kurtosis − 1) / 4n). Five of them are beyond luck.
      let error = number(row, "error")
      let spread = error * ((number(row, "kurtosis") - 1) / (4 * draws)).squareRoot()
      #expect(abs(bootstrap.standardError - error) <= 5 * spread)
      // The share of draws at or below the plain percentile, within five standard deviations of a binomial share.
      let means = try numbers(row, "means")
      let shares = try numbers(row, "shares")
      let luck = 5 * (0.025 * 0.975 / draws).squareRoot()
      for share in [0.025, 0.975] {
        let end = PairedBootstrap.percentile(100 * share, of: bootstrap.ascending)
        let upTo = zip(means, shares).reduce(0) { $1.0 <= end + 1e-8 ? $1.1 : $0 }
        let below = zip(means, shares).reduce(0) { $1.0 < end - 1e-8 ? $1.1 : $0 }
        #expect(upTo >= share - luck && below <= share + luck)
      }
    }
  }

  @Test("The interval is corrected for bias and accelerated as Efron's formula has it")
  func corrected() throws {
    for row in try Self.reference("corrected") {
      let values = try numbers(row, "values")
      let acceleration = ClusterBootstrap.acceleration(strata: [values.count]) { counts in
        let drawn = zip(values, counts).filter { $0.1 > 0 }.map(\.0)
        let mean = drawn.reduce(0, +) / Double(drawn.count)
        let variance = drawn.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(drawn.count)
        return variance.squareRoot()
      }
      // Differences of numbers near 2 that agree to a digit or two, cubed.
      #expect(abs(acceleration - number(row, "acceleration")) <= 1e-12)
      let interval = ClusterBootstrap(
        point: number(row, "point"), ascending: try numbers(row, "draws"), acceleration: acceleration
      ).interval(alpha: 0.05)
      let ends = try numbers(row, "interval")
      // A share that is off by 1e-12 moves a percentile among 400 draws by that part of their range.
      #expect(abs(interval.lower - ends[0]) <= 1e-8 && abs(interval.upper - ends[1]) <= 1e-8)
    }
  }

  @Test("Samples of one piece are drawn together: as copies they narrow no interval, as pieces they would")
  func clusters() {
    let values = [1.0, 2, 3, 5, 8, 13].map { [$0, $0, $0] }
    let single = values.map { [$0[0]] }
    let scattered = values.flatMap { $0.map { [$0] } }
    let clustered = ClusterBootstrap(strata: [6], seed: 0) { values.mean(drawing: $0) }
    let alone = ClusterBootstrap(strata: [6], seed: 0) { single.mean(drawing: $0) }
    let loose = ClusterBootstrap(strata: [18], seed: 0) { scattered.mean(drawing: $0) }
    // The same draws of the same means, summed in another order.
    #expect(abs(clustered.standardError - alone.standardError) <= 1e-12)
    #expect(loose.standardError < 0.7 * clustered.standardError)
  }

  @Test("Each group is drawn from by itself")
  func strata() {
    let bootstrap = ClusterBootstrap(strata: [3, 4], seed: 0, resamples: 200) { counts in
      Double(counts.prefix(3).reduce(0, +) * 10 + counts.dropFirst(3).reduce(0, +))
    }
    #expect(bootstrap.ascending.allSatisfy { $0 == 34 } && bootstrap.standardError == 0)
  }

  @Test("A group of one piece, wherever it stands, leaves the acceleration to the pieces of the others")
  func lonePiece() {
    let values = [1.0, 2, 3, 5, 8, 13]
    func acceleration(_ strata: [Int], _ own: Range<Int>) -> Double {
      ClusterBootstrap.acceleration(strata: strata) { values.map { [$0] }.mean(drawing: Array($0[own])) }
    }
    let alone = acceleration([6], 0..<6)
    #expect(alone > 0.01)
    #expect(acceleration([1, 6], 1..<7) == alone && acceleration([6, 1], 0..<6) == alone)
  }

  @Test("A statistic that is no number in some draw has an interval without bounds, and wins nothing")
  func noNumber() {
    let bootstrap = ClusterBootstrap(strata: [4], seed: 0) { $0[0] == 0 ? .nan : 1 }
    #expect(bootstrap.interval(alpha: 0.05) == Interval(lower: -.infinity, upper: .infinity))
    let effect = Effect(.voice, pieces: 4, candidates: 1, seed: 0) { ($0[0] == 0 ? .nan : 1, 0) }
    #expect(!effect.isWin && effect.mayBeWorse)
    let nothing = Effect(.bitsPerByte, pieces: 4, candidates: 1, seed: 0) { _ in (.nan, .nan) }
    #expect(!nothing.isWin && nothing.mayBeWorse)
    let mark = EffectMark.svg(nothing)
    #expect(mark.contains("M4 11H156") && !mark.contains("nan") && !mark.contains("circle"))
  }

  @Test("Dunning's ratio is SciPy's log-likelihood ratio of the table of uses")
  func likelihoods() throws {
    for row in try Self.reference("likelihoods") {
      let (uses, totals) = (try numbers(row, "uses"), try numbers(row, "totals"))
      let texts = zip(uses, totals).map { uses, total -> [String] in
        let words = [String](repeating: "lamp", count: Int(uses))
        return [(words + [String](repeating: "other", count: Int(total - uses))).joined(separator: " ")]
      }
      let value = WordUse(texts).likelihood("lamp")
      // Terms up to 1100 · ln(1100) that nearly cancel, a few roundings each.
      #expect(abs(value - number(row, "likelihood")) <= 16 * 8192 * 0x1p-52)
    }
  }

  @Test("Lengths fall into bins as NumPy's histogram puts them")
  func shares() throws {
    for row in try Self.reference("shares") {
      let lengths = try numbers(row, "lengths").map { Int($0) }
      let (bin, bins) = (try #require(row["bin"]?.intValue), try #require(row["bins"]?.intValue))
      let points = LengthShares.points(lengths, bin: bin, bins: bins)
      for (point, percent) in zip(points, try numbers(row, "percent")) {
        #expect(abs(point.y - percent) <= 100 * 2 * 0x1p-53)
      }
      #expect(points.count == bins && points[0].x == Double(bin + 1) / 2)
    }
    #expect(LengthShares.points([], bin: 4, bins: 12).isEmpty)
  }
}
