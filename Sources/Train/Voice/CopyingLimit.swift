/// How much of a text may be like the training side before it counts as copied: as much as the writer repeats.
public struct CopyingLimit: Equatable, Sendable {
  /// A run is copied from this many words on, however little the writer repeats: half of the 50 that are the customary
  /// unit of verbatim extraction, and longer than any set phrase.
  public static let shortestRun = 25
  /// The containment that is never flagged: two runs of ``shortestRun`` words in a text of 600 have 36 of its 593 runs
  /// of eight.
  public static let leastContainment = 0.06

  /// The fewest words of a copied run that are flagged.
  public let run: Int
  /// The containment above which a text is flagged.
  public let containment: Double

  /// Learns what the writer repeats: the 95th percentile of run and containment over posts that were held out, and never
  /// less than the least.
  public init(heldOut: [String], index: CopyingIndex) {
    let repeats = heldOut.map(index.copying)
    func percentile(_ values: [Double]) -> Double {
      values.isEmpty ? 0 : PairedBootstrap.percentile(95, of: values.sorted())
    }
    run = max(Self.shortestRun, Int(percentile(repeats.map { Double($0.longestRun.count) })) + 1)
    containment = max(Self.leastContainment, percentile(repeats.map(\.containment)))
  }

  /// Whether a text has copied more than the writer repeats.
  public func flags(_ copying: Copying) -> Bool {
    copying.longestRun.count >= run || copying.containment > containment
  }
}
