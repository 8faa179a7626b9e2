/// Whether an adapter keeps its place beside a prompted base.
public enum EvaluationVerdict: String, CaseIterable, Sendable {
  /// It is decisively better in something that counts, and worse in nothing that counts.
  case keep
  /// It is not.
  case retire
  /// Too few pieces were held out to tell.
  case notEnoughEvidence = "not enough evidence"

  /// The fewest held-out pieces that a verdict is given on.
  public static let fewestPieces = 12
}

/// A verdict with what it rests on.
public struct VerdictDecision: Equatable, Sendable {
  /// The verdict.
  public let verdict: EvaluationVerdict
  /// Why, in a sentence or two, with the figures.
  public let reason: String
  /// The same without the figures, for where they stand beside it.
  public let summary: String

  /// Decides: keep where the adapter wins in one measure at least and may be worse in none.
  ///
  /// - Parameters:
  ///   - effects: the measures of the adapter against the prompted base.
  ///   - pieces: the held-out pieces that were scored.
  ///   - drafted: those that drafts were written for.
  init(_ effects: [Effect], pieces: Int, drafted: Int) {
    let fewest = EvaluationVerdict.fewestPieces
    if pieces < fewest || drafted < fewest {
      verdict = .notEnoughEvidence
      reason =
        pieces < fewest
        ? "\(NumberText.counted(pieces, "held-out piece")); \(fewest) are the fewest that a verdict is given on."
          + " Collect more, train with a larger --valid-fraction, or give --held-out; until then stay with the prompt."
        : "drafts of \(NumberText.counted(drafted, "piece")); \(fewest) are the fewest that a verdict is given on."
          + " Raise --max-pieces; until then stay with the prompt."
      summary = reason
      return
    }
    let isKept = effects.contains(where: \.isWin) && !effects.contains(where: \.mayBeWorse)
    verdict = isKept ? .keep : .retire
    reason = Self.sentence(effects, isKept: isKept, win: EffectText.win, fault: EffectText.fault)
    summary = Self.sentence(effects, isKept: isKept, win: EffectText.name, fault: EffectText.shortFault)
  }

  private static func sentence(
    _ effects: [Effect], isKept: Bool, win: (Effect) -> String, fault: (Effect) -> String
  ) -> String {
    let wins = effects.filter(\.isWin)
    let faults = effects.filter(\.mayBeWorse)
    let even = effects.filter { $0.margin != nil && !$0.mayBeWorse && !$0.isWin }
    var text =
      wins.isEmpty
      ? "the adapter beats the prompted base in nothing that is clear of chance"
      : "the adapter beats the prompted base in \(list(wins.map(win)))"
    if !faults.isEmpty { text += ", \(wins.isEmpty ? "and" : "but") \(list(faults.map(fault)))" }
    if isKept, !even.isEmpty { text += ", and is not worse in \(list(even.map(EffectText.name)))" }
    return text + (isKept ? "." : "; ship the prompt.")
  }

  private static func list(_ items: [String]) -> String {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return items.dropLast().joined(separator: ", ") + " and " + last
  }
}
