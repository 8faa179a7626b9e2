/// What a run learns of the edits it trains on.
public struct EditPlan: Equatable, Sendable {
  /// The edit rows.
  public let edits: Int
  /// Those whose final is short enough to be set against its draft.
  public let pairs: Int
  /// How they are learned.
  public let objective: Objective
  /// What the pairs add to the loss.
  public let terms: PairTerms

  /// The plan in a line; nil without edits.
  var text: String? {
    guard edits > 0 else { return nil }
    var text = "\(edits) to train on"
    switch objective {
    case .automatic, .weightedSFT, .dense: text += ", the writer's own words counting most"
    case .sft, .orpo: text += ", learned as any piece"
    case .dpo: break
    }
    if let preference = terms.preference {
      text +=
        "; \(NumberText.counted(pairs, "final")) set against \(pairs == 1 ? "its draft" : "their drafts")"
        + " (\(preference.name), \(terms.preferenceWeight))"
    } else if objective == .automatic {
      text +=
        "; \(NumberText.counted(pairs, "pair")) of draft and final, which are compared from"
        + " \(PairTerms.pairsForPreference) on"
    }
    if terms.unlikelihoodWeight > 0 {
      text += "; cut words unlearned (\(terms.unlikelihoodWeight))"
    }
    return text
  }
}
