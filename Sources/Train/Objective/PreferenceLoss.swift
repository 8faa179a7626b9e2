import Foundation

/// A loss that falls as a final becomes likelier than the draft it was made of.
///
/// Each compares a score of the two texts, in which every token has a weight g:
///
///     s(y) = Σ g·ln p(token) / G
///
/// | loss | g | G | formula |
/// |---|---|---|---|
/// | dpo | 1 | 1 | −ln σ(β·(Δ(final) − Δ(draft))) |
/// | orpo | 1 | tokens | −β·ln σ(ln odds(final) − ln odds(draft)), odds = eˢ / (1 − eˢ) |
/// | dense | 1, or 5 for words new or cut | Σ g | −ln σ(β·(Δ(final) − Δ(draft) − 5·h(−Δ(final)))) |
///
/// where Δ is the score less that of the reference: the model as it was before the first step; and h(x), the smooth L1
/// norm of what of x is above 0, is x² / 0.02 up to a hundredth and x − 0.005 from there on. Without the round corner,
/// rounding would decide at the first step, where Δ is 0, whether the final's gradient counts once or six times.
///
/// Final and draft share most of their words, and plain DPO may then lower the likelihood of both. The dense loss looks
/// at the words that differ, does not depend on the length, and its last term keeps the final from losing likelihood.
///
/// - SeeAlso: Rafailov et al., 2023 (DPO, arXiv:2305.18290); Hong et al., 2024 (ORPO, arXiv:2403.07691); Yu et al.,
///   2023 (RLHF-V, arXiv:2312.00849: g = 5); Pal et al., 2024 (DPO-Positive, arXiv:2402.13228: the last term); Girshick,
///   2015 (smooth L1, arXiv:1504.08083).
public enum PreferenceLoss: Equatable, Sendable {
  case dpo(beta: Double)
  case orpo(beta: Double)
  case dense(beta: Double)

  /// The weight of words that are new or cut in the dense loss, as published for RLHF-V.
  static let changeWeight = 5.0
  /// The weight of the final's lost likelihood in the dense loss.
  static let positiveWeight = 5.0
  /// The lost likelihood, in nats a token, from which on all of it counts.
  static let cornerWidth = 0.01
  /// β of the dense loss where none is given: its scores are means, those of DPO sums of hundreds of tokens.
  static let denseBeta = 2.0

  /// The scores of a pair's two texts.
  public struct Scores: Equatable, Sendable {
    /// That of the final.
    public let final: Double
    /// That of the draft.
    public let draft: Double
  }

  /// The loss of a pair and its derivatives by the two scores.
  struct Value: Equatable {
    let loss: Double
    let byFinal: Double
    let byDraft: Double
  }

  /// The loss as objectives name it.
  var name: String {
    switch self {
    case .dpo: Objective.dpo.rawValue
    case .orpo: Objective.orpo.rawValue
    case .dense: Objective.dense.rawValue
    }
  }

  /// Whether the loss asks for the scores of a reference.
  var needsReference: Bool {
    if case .orpo = self { false } else { true }
  }

  /// The weight of a token.
  func weight(isChanged: Bool) -> Double {
    if case .dense = self, isChanged { PreferenceLoss.changeWeight } else { 1 }
  }

  /// What the sum of a text is divided by.
  ///
  /// - Parameter total: the weights of its tokens together.
  func divisor(_ total: Double) -> Double {
    if case .dpo = self { 1 } else { max(total, 1) }
  }

  /// What a pair counts: near copies say little about a preference in the dense loss, a tenth changed says all.
  func pairWeight(editRate: Double) -> Double {
    if case .dense = self { min(1, editRate / 0.1) } else { 1 }
  }

  /// The loss of a pair.
  func value(_ scores: Scores, reference: Scores) -> Value {
    switch self {
    case .dpo(let beta):
      let margin = scores.final - reference.final - (scores.draft - reference.draft)
      let (loss, slope) = PreferenceLoss.negativeLogSigmoid(beta * margin)
      return Value(loss: loss, byFinal: beta * slope, byDraft: -beta * slope)
    case .dense(let beta):
      let (final, draft) = (scores.final - reference.final, scores.draft - reference.draft)
      let lost = PreferenceLoss.roundedHinge(-final)
      let (loss, slope) = PreferenceLoss.negativeLogSigmoid(
        beta * (final - draft - PreferenceLoss.positiveWeight * lost.value))
      return Value(
        loss: loss, byFinal: beta * slope * (1 + PreferenceLoss.positiveWeight * lost.slope),
        byDraft: -beta * slope)
    case .orpo(let beta):
      let (final, draft) = (PreferenceLoss.logOdds(scores.final), PreferenceLoss.logOdds(scores.draft))
      let (loss, slope) = PreferenceLoss.negativeLogSigmoid(final.value - draft.value)
      return Value(
        loss: beta * loss, byFinal: beta * slope * final.slope, byDraft: -beta * slope * draft.slope)
    }
  }

  /// max(0, x) with a round corner, and its derivative.
  private static func roundedHinge(_ x: Double) -> (value: Double, slope: Double) {
    guard x > 0 else { return (0, 0) }
    let slope = min(x / cornerWidth, 1)
    return (x >= cornerWidth ? x - cornerWidth / 2 : x * slope / 2, slope)
  }

  /// −ln σ(x) and its derivative σ(x) − 1, without overflow.
  private static func negativeLogSigmoid(_ x: Double) -> (Double, Double) {
    let small = exp(-abs(x))
    return (log1p(small) + max(0, -x), x >= 0 ? -small / (1 + small) : -1 / (1 + small))
  }

  /// ln(p / (1 − p)) of p = e^s, and its derivative 1 / (1 − p). A p of 1 is taken as 1 − 2⁻⁵².
  private static func logOdds(_ s: Double) -> (value: Double, slope: Double) {
    let rest = max(-expm1(s), 0x1p-52)
    return (s - log(rest), 1 / rest)
  }
}
