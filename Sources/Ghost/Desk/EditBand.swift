/// Whether the latest drafts take more editing, or less, than the drafts before them lead to expect.
///
/// With `m` the mean edit rate of the `N` drafts before and `s` the mean change from one of them to the next divided by
/// 1.128, which estimates their standard deviation without being widened by a slow trend, the mean of the latest `n`
/// drafts lies in the band `m ± 3 s √(1/n + 1/N)` as long as nothing but chance is at work: Shewhart's control chart
/// for single values (Montgomery, Introduction to Statistical Quality Control, section 6.4), with `1/N` because `m` is
/// measured as well.
public struct EditBand: Equatable, Sendable {
  /// The latest drafts whose mean is watched.
  public static let latestCount = 5
  /// The fewest drafts before them that a band is computed from.
  public static let fewestBefore = 10
  /// The most drafts before them that it is computed from: older ones tell of another time.
  public static let mostBefore = 20
  /// A band is at least so wide to each side, since smaller changes are of no use to a writer.
  static let smallestMargin = 0.02

  /// The mean edit rate of the latest drafts.
  public let latest: Double
  /// The lower end of the band.
  public let lower: Double
  /// The upper end of the band.
  public let upper: Double

  /// Computes the band from edit rates in the order of shipping; nil where they are too few.
  public init?(_ rates: [Double]) {
    let before = rates.dropLast(Self.latestCount).suffix(Self.mostBefore)
    guard before.count >= Self.fewestBefore else { return nil }
    let recent = rates.suffix(Self.latestCount)
    let mean = before.reduce(0, +) / Double(before.count)
    let ranges = zip(before, before.dropFirst()).map { abs($0 - $1) }
    let deviation = ranges.reduce(0, +) / Double(ranges.count) / 1.128
    let margin = 3 * deviation * (1 / Double(recent.count) + 1 / Double(before.count)).squareRoot()
    latest = recent.reduce(0, +) / Double(recent.count)
    lower = mean - max(margin, Self.smallestMargin)
    upper = mean + max(margin, Self.smallestMargin)
  }

  /// Whether the latest drafts take more editing than the band allows.
  public var isAbove: Bool { latest > upper }
  /// Whether they take less.
  public var isBelow: Bool { latest < lower }

  /// Where the latest drafts are, in one line.
  public var text: String {
    let place = isAbove ? "above" : isBelow ? "below" : "in"
    let (low, high) = (EditTrend.percent(max(0, lower)), EditTrend.percent(min(1, upper)))
    return "the latest \(Self.latestCount) drafts took \(EditTrend.percent(latest)) of editing,"
      + " \(place) the band of those before (\(low) to \(high))"
  }
}
