import Foundation
import Testing

@testable import Train

@Suite("Preference losses")
struct PreferenceLossTests {
  static let losses: [PreferenceLoss] = [.dpo(beta: 0.1), .orpo(beta: 0.1), .dense(beta: 2)]
  static let scores: [PreferenceLoss.Scores] = [
    .init(final: -1, draft: -1.5), .init(final: -4.2, draft: -0.3), .init(final: -0.2, draft: -6),
    .init(final: -30, draft: -2), .init(final: -1e-3, draft: -2e-3),
    // Within the round corner of the dense loss beside the reference below.
    .init(final: -2.003, draft: -1.4),
  ]

  @Test("Derivatives are those of the loss", arguments: losses, scores)
  func derivatives(loss: PreferenceLoss, scores: PreferenceLoss.Scores) {
    let reference = PreferenceLoss.Scores(final: -2, draft: -1.4)
    let value = loss.value(scores, reference: reference)
    let step = 1e-6 * min(1, abs(scores.final))
    func slope(_ final: Double, _ draft: Double) -> Double {
      func at(_ sign: Double) -> Double {
        loss.value(
          .init(final: scores.final + sign * final, draft: scores.draft + sign * draft), reference: reference
        ).loss
      }
      return (at(1) - at(-1)) / (2 * step)
    }
    // Central differences: the third derivative times step² / 6, and rounding of 2⁻⁵² in a loss of up to 400 over
    // the step. Odds near 1 have a third derivative of up to 2 / (1 − p)³, against a slope of 1 / (1 − p).
    let bound = 1e-5 * max(1, abs(value.byFinal), abs(value.byDraft)) + 400 * 0x1p-52 / step
    #expect(abs(slope(step, 0) - value.byFinal) <= bound)
    #expect(abs(slope(0, step) - value.byDraft) <= bound)
  }

  @Test("Without a margin DPO is ln 2, and far apart it neither overflows nor vanishes to a NaN")
  func extremes() {
    let zero = PreferenceLoss.Scores(final: 0, draft: 0)
    #expect(abs(PreferenceLoss.dpo(beta: 0.1).value(zero, reference: zero).loss - log(2)) <= 1e-15)
    for far in [-1e6, 1e6] {
      let value = PreferenceLoss.dpo(beta: 1).value(.init(final: far, draft: 0), reference: zero)
      #expect(value.loss == max(0, -far) && abs(value.byFinal) <= 1)
    }
    // A text that is certain has infinite odds.
    #expect(PreferenceLoss.orpo(beta: 1).value(zero, reference: zero).loss.isFinite)
  }

  @Test("A final that loses likelihood costs more than its draft's loss can make up for")
  func positive() {
    let loss = PreferenceLoss.dense(beta: 2)
    let reference = PreferenceLoss.Scores(final: -2, draft: -2)
    // Both fall, the draft four times as far: a margin for DPO, a loss here.
    let falling = loss.value(.init(final: -2.5, draft: -4), reference: reference)
    #expect(falling.loss > log(2))
    #expect(falling.byFinal < 0)
  }

  @Test("At the first step, rounding of the final's score does not decide how much it counts")
  func firstStep() {
    let loss = PreferenceLoss.dense(beta: 2)
    let reference = PreferenceLoss.Scores(final: -2, draft: -2)
    let slopes = [-1e-6, 0, 1e-6].map {
      loss.value(.init(final: -2 + $0, draft: -2), reference: reference).byFinal
    }
    // A score a millionth off counts 5 · 10⁻⁶ / cornerWidth more, and moves the sigmoid's argument by β · 6 · 10⁻⁶ at most.
    let bound = (5e-6 / PreferenceLoss.cornerWidth + 12e-6) * abs(slopes[1])
    for slope in slopes {
      #expect(abs(slope - slopes[1]) <= bound)
    }
  }

  @Test("Unlikelihood is −ln(1 − p) with its derivative, and bounded where p is 1")
  func unlikelihood() {
    for loss in [0.05, 0.7, 3, 20] {
      let value = Unlikelihood.value(tokenLoss: loss)
      #expect(abs(value.loss + log(1 - exp(-loss))) <= 1e-12 * max(1, value.loss))
      let step = 1e-6
      let slope =
        (Unlikelihood.value(tokenLoss: loss + step).loss - Unlikelihood.value(tokenLoss: loss - step).loss)
        / (2 * step)
      // The third derivative, up to 2 / 0.05³ here, times step² / 6, and 2⁻⁵² of a loss of 3 over the step.
      #expect(abs(slope - value.byTokenLoss) <= 1e-8 + 3 * 0x1p-52 / step)
    }
    let certain = Unlikelihood.value(tokenLoss: 0)
    #expect(
      certain.loss == -log(Unlikelihood.leastRest) && certain.byTokenLoss == -1 / Unlikelihood.leastRest)
  }

  @Test(
    "Terms join as the pairs can carry them",
    arguments: [
      (Objective.automatic, 99, PairTerms.none),
      (.automatic, 100, PairTerms(preference: .dense(beta: 2), preferenceWeight: 1)),
      (.sft, 500, .none), (.weightedSFT, 500, .none), (.dpo, 0, .none),
      (.dpo, 1, PairTerms(preference: .dpo(beta: 0.1), preferenceWeight: 1)),
      (.orpo, 1, PairTerms(preference: .orpo(beta: 0.1), preferenceWeight: 1)),
      (.dense, 1, PairTerms(preference: .dense(beta: 2), preferenceWeight: 1)),
    ])
  func terms(objective: Objective, pairs: Int, expected: PairTerms) {
    var options = TrainingOptions()
    options.objective = objective
    #expect(options.pairTerms(pairs: pairs) == expected)
  }

  @Test("Flags set the terms, and one that has no effect is refused")
  func flags() throws {
    var options = TrainingOptions()
    options.objective = .dense
    options.beta = 3
    options.preferenceWeight = 0.1
    options.unlikelihoodWeight = 0.2
    #expect(
      options.pairTerms(pairs: 1)
        == PairTerms(preference: .dense(beta: 3), preferenceWeight: 0.1, unlikelihoodWeight: 0.2))
    try options.check()
    options.objective = .sft
    #expect(
      throws: TrainingError.setting(
        "--beta is 3.0; expected none with --objective sft, which has no such term. Change it.")
    ) { try options.check() }
    options.objective = .dpo
    options.beta = -1
    #expect(
      throws: TrainingError.setting("--beta is -1.0; expected a number above 0 and up to 1000. Change it.")
    ) { try options.check() }
  }
}
