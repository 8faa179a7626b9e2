/// What a fine-tune would cost to set up, against how much it would be used.
public struct GateEconomics: Equatable, Sendable {
  /// What training, evaluating and keeping it costs once, in the currency of the outputs' costs.
  public var setupCost: Double
  /// The calls a month.
  public var callsPerMonth: Double
  /// The months over which it must pay for itself.
  public var months: Double

  /// Makes the figures of a plan.
  public init(setupCost: Double, callsPerMonth: Double, months: Double) {
    self.setupCost = setupCost
    self.callsPerMonth = callsPerMonth
    self.months = months
  }

  /// The calls in all months.
  public var calls: Double { callsPerMonth * months }

  /// The calls after which the set-up is paid for, setupCost / saving; nil where a call saves nothing.
  public func breakEven(savingPerCall saving: Double) -> Double? {
    if setupCost == 0 { return 0 }
    return saving > 0 ? setupCost / saving : nil
  }

  /// Checks that each figure is one.
  ///
  /// - Throws: ``GateSettingError`` for the first that is none.
  public func check() throws(GateSettingError) {
    for (flag, value) in [
      ("--setup-cost", setupCost), ("--calls-per-month", callsPerMonth), ("--months", months),
    ] where !(value >= 0 && value.isFinite) {
      throw GateSettingError(flag: flag, found: "\(value)", expected: "a number from 0")
    }
  }
}
