import Tensor

/// How sure the difference between base and adapter is, by a paired bootstrap over documents.
///
/// The statistic is the difference in bits per byte, base − adapter, over all documents: above zero the
/// adapter is better. Documents are drawn with replacement, base and adapter of one document together, and
/// the interval runs between the percentiles of the statistic over all draws (Efron and Tibshirani, 1993,
/// chapter 13). Draws are of documents, not tokens: the tokens of one piece are not independent.
public struct PairedBootstrap: Equatable, Sendable {
  /// The number of draws.
  public static let resamples = 10_000

  /// Bits per byte of the base less those of the adapter, over all documents.
  public let difference: Double
  /// The lower end of the 95 % interval.
  public let lower: Double
  /// The upper end of the 95 % interval.
  public let upper: Double
  /// The number of documents.
  public let documents: Int

  /// Compares the losses of the same documents in the same order.
  ///
  /// - Parameters:
  ///   - base: at least one document, each with at least one byte.
  ///   - adapter: the same documents.
  ///   - seed: the run's seed.
  public init(base: [DocumentLoss], adapter: [DocumentLoss], seed: UInt64) {
    precondition(
      !base.isEmpty && base.map(\.bytes) == adapter.map(\.bytes) && base.allSatisfy { $0.bytes > 0 },
      "the bootstrap needs the same documents, not \(base.count) and \(adapter.count)")
    let savedNats = zip(base, adapter).map { $0.nats - $1.nats }
    let bytes = base.map(\.bytes)
    var random = RandomSource(seed: seed, stream: "bootstrap")
    let differences = (0..<Self.resamples).map { _ in
      var (nats, length) = (0.0, 0)
      for _ in base.indices {
        let drawn = random.index(below: base.count)
        nats += savedNats[drawn]
        length += bytes[drawn]
      }
      return DocumentLoss(nats: nats, bytes: length).bitsPerByte
    }.sorted()
    difference = DocumentLoss(nats: savedNats.reduce(0, +), bytes: bytes.reduce(0, +)).bitsPerByte
    lower = Self.percentile(2.5, of: differences)
    upper = Self.percentile(97.5, of: differences)
    documents = base.count
  }

  /// The percentile of ascending values, linear between the two nearest (Hyndman and Fan's type 7).
  static func percentile(_ percent: Double, of ascending: [Double]) -> Double {
    let position = percent / 100 * Double(ascending.count - 1)
    let below = Int(position)
    let above = min(below + 1, ascending.count - 1)
    return ascending[below] + (position - Double(below)) * (ascending[above] - ascending[below])
  }
}
