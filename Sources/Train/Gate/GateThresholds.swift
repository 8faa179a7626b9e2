/// Where the gate draws its lines.
public struct GateThresholds: Equatable, Sendable {
  /// A baseline that passes more than this share of the cases is shipped as it is.
  public var skipAbove = 0.9
  /// A baseline that passes less than this share fails for reasons that training does not mend.
  public var fixBelow = 0.5
  /// The share of failed cases that may be missing facts.
  public var factShare = 0.5
  /// The fewest cases that say anything.
  public var minCases = 50
  /// The fewest different examples to train on.
  public var minExamples = 100
  /// The least that more examples in the prompt must add to the pass rate for it to be climbing still.
  public var climb = 0.02
  /// The fewest edits that count as labels from operation.
  public var minEdits = 20
  /// The share of failed cases that must be of form for it to be a reason.
  public var formShare = 0.5
  /// The 95th percentile of latency that is asked for, in milliseconds; nil where none is.
  public var maxLatencyMilliseconds: Double?

  /// The thresholds that the gate has unless told.
  public init() {}

  /// Checks that each is a threshold.
  ///
  /// - Throws: ``GateSettingError`` for the first that is none.
  public func check() throws(GateSettingError) {
    let shares = [
      ("--skip-above", skipAbove), ("--fix-below", fixBelow), ("--fact-share", factShare),
      ("--form-share", formShare), ("--climb", climb),
    ]
    for (flag, share) in shares where !(0...1).contains(share) {
      throw GateSettingError(flag: flag, found: "\(share)", expected: "a share from 0 to 1")
    }
    for (flag, count) in [
      ("--min-cases", minCases), ("--min-examples", minExamples), ("--min-edits", minEdits),
    ]
    where count < 1 {
      throw GateSettingError(flag: flag, found: "\(count)", expected: "a whole number from 1")
    }
    if let limit = maxLatencyMilliseconds, !(limit > 0 && limit.isFinite) {
      throw GateSettingError(flag: "--max-latency-ms", found: "\(limit)", expected: "a number above 0")
    }
    if fixBelow > skipAbove {
      throw GateSettingError(
        flag: "--fix-below", found: "\(fixBelow)", expected: "no more than --skip-above, \(skipAbove)")
    }
  }
}

/// A setting of the gate that cannot be.
public struct GateSettingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The flag that sets it.
  public let flag: String
  /// Its value.
  public let found: String
  /// What it may be.
  public let expected: String

  /// `flag: what was found; what was expected. What to do.`
  public var description: String { "\(flag): found \(found); expected \(expected). Change it." }
}
