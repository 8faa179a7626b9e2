import Foundation

/// Whether an adapter has earned its place.
public enum Verdict: String, Equatable, Sendable {
  /// The whole 95 % interval is in the adapter's favour.
  case keep
  /// It is not: the base alone may be as good or better.
  case retire

  /// Judges the interval of the difference in bits per byte; one that is no number retires.
  public init(_ bootstrap: PairedBootstrap) {
    self = bootstrap.lower > 0 ? .keep : .retire
  }

  /// The verdict with its reason, in one line; `noun` is what the documents are called.
  public func reason(_ bootstrap: PairedBootstrap, of noun: String = "held-out document") -> String {
    let count = bootstrap.documents
    let evidence =
      String(format: "95 %% interval %+.3f to %+.3f", bootstrap.lower, bootstrap.upper)
      + " over \(count) \(noun)\(count == 1 ? "" : "s")"
    let difference = String(format: "%.3f", Swift.abs(bootstrap.difference))
    return switch self {
    case .keep:
      "keep: the adapter saves \(difference) bits per byte (\(evidence))."
    case .retire where bootstrap.upper < 0:
      "retire: the adapter costs \(difference) bits per byte (\(evidence)); use the base."
    case .retire:
      "retire: the difference is not clear of zero (\(evidence)); collect more pieces or use the base."
    }
  }
}
