/// How much better the adapter is than the prompted base in one measure, and how sure that is.
public struct Effect: Equatable, Sendable {
  /// What is compared. Every difference counts in favour of the adapter where it is above zero.
  public enum Measure: String, CaseIterable, Sendable {
    /// Bits per byte of the held-out posts: those of the prompted base less the adapter's.
    case bitsPerByte = "bits_per_byte"
    /// The voice score.
    case voice
    /// The 95th percentile of the time of a draft, in milliseconds.
    case p95Latency = "p95_latency_ms"
    /// The mean cost of a draft.
    case cost
    /// The mean adherence to the seed.
    case adherence
    /// The share of drafts that copy more than the writer repeats.
    case copying

    /// Whether being better here can earn an adapter its place.
    public var canWin: Bool {
      switch self {
      case .bitsPerByte, .voice, .p95Latency, .cost: true
      case .adherence, .copying: false
      }
    }

    /// Whether more of it is better, as of voice and adherence.
    var isBetterHigh: Bool { self == .voice || self == .adherence }

    /// How much worse than the prompted base still counts as not worse, given the prompted base's value; nil where
    /// being worse is no fault: 2 % of its bits per byte, a tenth of the scale of voice and adherence, one draft in ten.
    public func margin(prompted value: Double) -> Double? {
      switch self {
      case .bitsPerByte: 0.02 * value
      case .voice, .adherence, .copying: 0.1
      case .p95Latency, .cost: nil
      }
    }
  }

  /// What is compared.
  public let measure: Measure
  /// The adapter's value.
  public let adapter: Double
  /// The prompted base's value.
  public let prompted: Double
  /// The difference in favour of the adapter.
  public let difference: Double
  /// The 95 % interval of the difference.
  public let interval: Interval
  /// The interval that must lie above zero for a win: with m measures that can win, 1 − 0.05 / m (Bonferroni), so
  /// that an adapter that is no better in any of them wins by chance one time in twenty at the most.
  public let winInterval: Interval
  /// The smallest true difference that this many pieces would show, four times in five:
  /// (z(1 − α/2) + z(0.8)) · standard error, with α = 0.05 / m where the measure can win, else 0.05.
  ///
  /// - SeeAlso: Bloom, 1995, Minimum detectable effects (doi:10.1177/0193841X9501900504).
  public let detectable: Double
  /// How much worse still counts as not worse; nil where being worse is no fault.
  public let margin: Double?
  /// The pieces behind it.
  public let pieces: Int

  /// Whether the whole interval is in favour of the adapter.
  public var isWin: Bool { measure.canWin && winInterval.lower > 0 }
  /// Whether the adapter may be worse by more than the margin.
  public var mayBeWorse: Bool { margin.map { !(interval.lower > -$0) } ?? false }

  /// The share of errors that intervals of 95 % allow.
  static let alpha = 0.05
  /// The wanted chance to see an effect that is there.
  static let power = 0.8

  /// Measures.
  ///
  /// - Parameters:
  ///   - pieces: how many there are, at least one.
  ///   - candidates: m, the measures that can win.
  ///   - values: the measure of both, given how often each piece was drawn.
  init(
    _ measure: Measure, pieces: Int, candidates: Int, seed: UInt64,
    values: ([Int]) -> (adapter: Double, prompted: Double)
  ) {
    let sign: Double = measure.isBetterHigh ? 1 : -1
    let bootstrap = ClusterBootstrap(strata: [pieces], seed: seed) { counts in
      let values = values(counts)
      return sign * (values.adapter - values.prompted)
    }
    let winAlpha = measure.canWin ? Effect.alpha / Double(candidates) : Effect.alpha
    self.measure = measure
    self.pieces = pieces
    (adapter, prompted) = values([Int](repeating: 1, count: pieces))
    difference = bootstrap.point
    interval = bootstrap.interval(alpha: Effect.alpha)
    winInterval = bootstrap.interval(alpha: winAlpha)
    detectable = Effect.detectable(standardError: bootstrap.standardError, alpha: winAlpha)
    margin = measure.margin(prompted: prompted)
  }

  /// (z(1 − α/2) + z(power)) · standard error.
  static func detectable(standardError: Double, alpha: Double) -> Double {
    (NormalDistribution.quantile(1 - alpha / 2) + NormalDistribution.quantile(power)) * standardError
  }
}
