/// What training makes of edits: drafts and what the writer made of them. Rows of other kinds are learned as they are
/// under each.
public enum Objective: String, CaseIterable, Sendable {
  /// ``weightedSFT`` below ``PairTerms/pairsForPreference`` pairs, ``dense`` from there on.
  case automatic = "auto"
  /// The final as any piece.
  case sft
  /// The final, each word by what became of the draft; see ``EditWeights``.
  case weightedSFT = "weighted-sft"
  /// Direct preference optimisation of final over draft, in place of learning the final.
  case dpo
  /// The final as any piece, and its odds over the draft's.
  case orpo
  /// The weighted final, and an anchored preference of final over draft that looks at what was changed.
  case dense

  /// Whether the labels of a final count by the diff.
  var weighsEdits: Bool { [.automatic, .weightedSFT, .dense].contains(self) }
  /// Whether drafts are computed beside their finals.
  var comparesDrafts: Bool { [.automatic, .dpo, .orpo, .dense].contains(self) }
  /// Whether the final of a pair is learned by its likelihood.
  var learnsFinals: Bool { self != .dpo }
}

/// What the pairs of final and draft add to the loss of a step: the mean over its pairs of
///
///     preferenceWeight · preference + unlikelihoodWeight · unlikelihood
public struct PairTerms: Equatable, Sendable {
  /// The pairs from which on final is set against draft by default: with fewer it was not seen to help.
  public static let pairsForPreference = 100
  /// The comparison of final and draft; nil for none.
  public var preference: PreferenceLoss?
  /// A factor on it.
  public var preferenceWeight = 0.0
  /// A factor on the unlikelihood of what was cut.
  public var unlikelihoodWeight = 0.0

  /// Nothing beside the likelihood of the final.
  public static let none = PairTerms()

  /// Whether drafts need not be computed.
  var isEmpty: Bool { preference == nil && unlikelihoodWeight == 0 }
}

extension TrainingOptions {
  /// The terms for an archive with so many pairs to train on.
  func pairTerms(pairs: Int) -> PairTerms {
    var terms = PairTerms()
    guard pairs > 0 else { return terms }
    switch objective {
    case .sft, .weightedSFT: return terms
    case .automatic where pairs < PairTerms.pairsForPreference: break
    case .automatic, .dense: terms.preference = .dense(beta: beta ?? PreferenceLoss.denseBeta)
    case .dpo: terms.preference = .dpo(beta: beta ?? 0.1)
    case .orpo: terms.preference = .orpo(beta: beta ?? 0.1)
    }
    if terms.preference != nil { terms.preferenceWeight = preferenceWeight ?? 1 }
    terms.unlikelihoodWeight = unlikelihoodWeight ?? 0
    return terms
  }
}
