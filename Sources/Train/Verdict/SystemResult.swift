import Foundation

/// How one system did on the held-out pieces.
public struct SystemResult: Equatable, Sendable {
  /// The system.
  public let system: ComparedSystem
  /// The loss of each piece; nil for a system from outside.
  public let losses: [DocumentLoss]?
  /// The drafts, a list for each piece that was drafted from.
  public let drafts: [[JudgedDraft]]
  /// The voice score of all drafts together: 0 is the base, 1 the writer; nil where no metric can tell.
  public let voice: VoiceScore?

  /// Every draft.
  public var allDrafts: [JudgedDraft] { drafts.flatMap(\.self) }
  /// Bits per byte of all pieces together.
  public var bitsPerByte: Double? { losses?.total.bitsPerByte }
  /// The mean adherence.
  public var adherence: Double { Self.mean(allDrafts.map(\.adherence.score)) ?? 0 }
  /// The mean error in length, where lengths were asked for.
  public var lengthError: Double? { Self.mean(allDrafts.compactMap(\.adherence.lengthError)) }
  /// The mean share of the seed's words that were taken up.
  public var topicCoverage: Double? { Self.mean(allDrafts.compactMap(\.adherence.topicCoverage)) }
  /// The share of drafts that are like their kind, of those whose kind can be checked.
  public var kindShare: Double? {
    Self.mean(allDrafts.compactMap(\.adherence.fitsKind).map { $0 ? 1 : 0 })
  }
  /// The drafts that ended by themselves.
  public var endedCount: Int { allDrafts.count { $0.adherence.endsByItself } }
  /// The drafts that copy more than the writer repeats.
  public var copiedCount: Int { allDrafts.count { $0.isCopied } }
  /// The words of the longest copied run of any draft.
  public var longestRun: Int { allDrafts.map(\.copying.longestRun.count).max() ?? 0 }
  /// The mean share of runs of eight words that the training side has too.
  public var containment: Double { Self.mean(allDrafts.map(\.copying.containment)) ?? 0 }
  /// The 50th and 95th percentiles of the time of a draft in milliseconds; nil unless all have one.
  public var latency: LatencyPercentiles? { LatencyPercentiles(latencies?.flatMap(\.self) ?? []) }
  /// The mean cost of a draft; nil unless all have one.
  public var costPerDraft: Double? {
    let costs = allDrafts.compactMap(\.draft.cost)
    return costs.count == allDrafts.count ? Self.mean(costs) : nil
  }

  /// The times of each piece's drafts; nil unless all have one.
  var latencies: [[Double]]? {
    let latencies = drafts.map { $0.compactMap(\.draft.latencyMilliseconds) }
    return zip(latencies, drafts).allSatisfy { $0.count == $1.count } ? latencies : nil
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}

/// The middle and the slow end of some times.
public struct LatencyPercentiles: Equatable, Sendable {
  /// The 50th percentile.
  public let p50: Double
  /// The 95th percentile.
  public let p95: Double

  /// The percentiles of some values; nil of none.
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let ascending = values.sorted()
    p50 = PairedBootstrap.percentile(50, of: ascending)
    p95 = PairedBootstrap.percentile(95, of: ascending)
  }
}

/// Values of some pieces, of which a percentile is taken again and again over draws of the pieces.
struct PieceValues {
  private let ascending: [(value: Double, piece: Int)]

  init(_ values: [[Double]]) {
    ascending = values.enumerated().flatMap { piece, values in values.map { (value: $0, piece: piece) } }
      .sorted { $0.value < $1.value }
  }

  /// The percentile over all values, those of a piece as often as it was drawn; linear between the two nearest, as
  /// `PairedBootstrap.percentile` takes it.
  func percentile(_ percent: Double, drawing counts: [Int]) -> Double {
    let total = ascending.reduce(0) { $0 + counts[$1.piece] }
    guard total > 0 else { return .nan }
    let position = percent / 100 * Double(total - 1)
    let below = Int(position)
    var passed = 0
    var lower: Double?
    for (value, piece) in ascending {
      passed += counts[piece]
      if passed > below, lower == nil { lower = value }
      if let lower, passed > below + 1 || passed == total {
        return lower + (position - Double(below)) * (value - lower)
      }
    }
    return .nan
  }
}
