/// What the words of a final count in the loss, by what became of the draft.
///
/// Words that the writer put in count most. Those that merely survived are the model's own: learning them is learning
/// from itself, the more so the less was changed. With the edit rate d,
///
///     w(new) = 2,   w(kept) = 0.3 + 0.7·min(1, d / 0.5)
///
/// - SeeAlso: Yao et al., 2023 (SALT, arXiv:2310.05857), who weigh by the diff as well; the numbers are our own.
enum EditWeights {
  static let new = 2.0

  static func kept(editRate: Double) -> Double { 0.3 + 0.7 * min(1, editRate / 0.5) }
}
