/// Figures as the gate writes them.
enum GateText {
  /// "0.720 (36 of 50)".
  static func rate(_ score: GateScore) -> String {
    "\(NumberText.fixed(score.rate, 3)) (\(score.passes) of \(score.cases))"
  }

  /// "1,250 ms", "3.2 ms".
  static func milliseconds(_ value: Double) -> String {
    value < 10 || value >= 1e15
      ? "\(NumberText.fixed(value, 1)) ms" : "\(NumberText.grouped(Int(value.rounded()))) ms"
  }

  /// "12,500": a number of calls, rounded.
  static func calls(_ count: Double) -> String {
    count < 1e15 ? NumberText.grouped(Int(count.rounded())) : "–"
  }

  /// A cost with enough digits for a small one.
  static func cost(_ value: Double) -> String { NumberText.fixed(value, value >= 1 ? 2 : 6) }
}
