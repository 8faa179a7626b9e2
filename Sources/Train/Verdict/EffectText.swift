import Foundation

/// An effect in words.
enum EffectText {
  /// What is compared.
  static func name(_ effect: Effect) -> String { name(effect.measure) }

  static func name(_ measure: Effect.Measure) -> String {
    switch measure {
    case .bitsPerByte: "bits per byte"
    case .voice: "voice"
    case .p95Latency: "p95 latency"
    case .cost: "cost of 1,000 drafts"
    case .adherence: "adherence"
    case .copying: "copying"
    }
  }

  /// A win with its size and interval.
  static func win(_ effect: Effect) -> String {
    "\(name(effect)) (\(sized(effect.difference, effect)), \(range(effect.winInterval, effect)))"
  }

  /// In what the adapter is or may be worse.
  static func shortFault(_ effect: Effect) -> String {
    "\(effect.interval.upper < 0 ? "is worse" : "may be worse") in \(name(effect))"
  }

  /// The same, with how much worse.
  static func fault(_ effect: Effect) -> String {
    "\(shortFault(effect)) (\(sized(effect.difference, effect)), \(range(effect.interval, effect));"
      + " −\(number(effect.margin ?? 0, effect.measure)) would pass)"
  }

  /// The two ends.
  static func range(_ interval: Interval, _ effect: Effect) -> String {
    "\(sized(interval.lower, effect)) to \(sized(interval.upper, effect))"
  }

  /// A difference with its sign.
  static func sized(_ value: Double, _ effect: Effect) -> String {
    guard value.isFinite else { return value < 0 ? "−∞" : "+∞" }
    let size = number(abs(value), effect.measure)
    // What rounds to nothing has no sign.
    return !size.contains { ("1"..."9").contains($0) } ? size : (value < 0 ? "−" : "+") + size
  }

  /// A value in the measure's unit.
  static func number(_ value: Double, _ measure: Effect.Measure) -> String {
    guard value.isFinite else { return "–" }
    return switch measure {
    case .bitsPerByte: NumberText.fixed(value, 3)
    case .voice, .adherence: NumberText.fixed(value, 2)
    case .copying: "\(NumberText.fixed(100 * value, 0)) %"
    case .p95Latency: GateText.milliseconds(value)
    case .cost: cost(value)
    }
  }

  /// What a thousand drafts cost: one costs next to nothing here. Three digits that count, or two after the point.
  static func cost(_ perDraft: Double) -> String {
    let value = 1000 * perDraft
    guard value > 0, value < 1 else { return NumberText.fixed(value, 2) }
    return NumberText.fixed(value, min(12, 2 - Int(log10(value).rounded(.down))))
  }
}
