import Testing

@testable import Train

@Suite("The verdict on an adapter")
struct VerdictDecisionTests {
  /// An effect of which every piece shows `difference`, but for a swing of `noise` from piece to piece.
  static func effect(
    _ measure: Effect.Measure, by difference: Double, noise: Double = 0, candidates: Int = 2
  ) -> Effect {
    let sign: Double = measure.isBetterHigh ? 1 : -1
    let values = (0..<16).map { [sign * (difference + ($0.isMultiple(of: 2) ? noise : -noise))] }
    return Effect(measure, pieces: 16, candidates: candidates, seed: 0) { counts in
      (1 + values.mean(drawing: counts), 1)
    }
  }

  static func decision(_ effects: [Effect], pieces: Int = 16, drafted: Int = 16) -> VerdictDecision {
    VerdictDecision(effects, pieces: pieces, drafted: drafted)
  }

  @Test("Better in one measure and worse in none keeps")
  func keep() {
    let decision = Self.decision([
      Self.effect(.bitsPerByte, by: 0.05, noise: 0.02), Self.effect(.p95Latency, by: -400),
      Self.effect(.adherence, by: -0.01, noise: 0.02), Self.effect(.copying, by: 0),
    ])
    #expect(decision.verdict == .keep)
    #expect(
      decision.summary
        == "the adapter beats the prompted base in bits per byte, and is not worse in adherence and copying.")
    #expect(decision.reason.hasPrefix("the adapter beats the prompted base in bits per byte (+0.050, +0.0"))
  }

  @Test("Better in nothing that is clear of chance retires, however good it looks")
  func chance() {
    let decision = Self.decision([
      Self.effect(.bitsPerByte, by: 0.01, noise: 0.03), Self.effect(.adherence, by: 0.5),
    ])
    #expect(decision.verdict == .retire)
    #expect(
      decision.reason
        == "the adapter beats the prompted base in nothing that is clear of chance; ship the prompt.")
  }

  @Test(
    "A fault anywhere retires, and is named",
    arguments: [
      (
        Effect.Measure.bitsPerByte, 0.5,
        "is worse in bits per byte (−0.500, −0.500 to −0.500; −0.020 would pass)"
      ),
      (.voice, 0.25, "is worse in voice (−0.25, −0.25 to −0.25; −0.10 would pass)"),
      (.adherence, 0.11, "is worse in adherence (−0.11, −0.11 to −0.11; −0.10 would pass)"),
      (.copying, 0.2, "is worse in copying (−20 %, −20 % to −20 %; −10 % would pass)"),
    ])
  func faults(measure: Effect.Measure, loss: Double, text: String) {
    let decision = Self.decision([Self.effect(.p95Latency, by: 100), Self.effect(measure, by: -loss)])
    #expect(decision.verdict == .retire)
    #expect(
      decision.reason
        == "the adapter beats the prompted base in p95 latency (+100 ms, +100 ms to +100 ms), but \(text); ship the prompt."
    )
  }

  @Test("What the pieces cannot rule out is a fault too")
  func uncertain() {
    let decision = Self.decision([
      Self.effect(.bitsPerByte, by: 0.05), Self.effect(.voice, by: 0, noise: 0.5),
    ])
    #expect(decision.verdict == .retire && decision.summary.contains("but may be worse in voice"))
  }

  @Test("More measures that can win need a wider interval")
  func comparisons() {
    // Two standard errors and a half: enough for one comparison, not for four.
    let alone = Self.effect(.bitsPerByte, by: 0.02, noise: 0.032, candidates: 1)
    let among = Self.effect(.bitsPerByte, by: 0.02, noise: 0.032, candidates: 4)
    #expect(alone.interval == among.interval && alone.isWin && !among.isWin)
    #expect(among.detectable > alone.detectable)
  }

  @Test("Fewer than twelve pieces are not enough evidence, whatever they show")
  func few() {
    let effects = [Self.effect(.bitsPerByte, by: 0.05)]
    let pieces = Self.decision(effects, pieces: 11, drafted: 11)
    #expect(pieces.verdict == .notEnoughEvidence)
    #expect(
      pieces.reason
        == "11 held-out pieces; 12 are the fewest that a verdict is given on. Collect more, train with a larger"
        + " --valid-fraction, or give --held-out; until then stay with the prompt.")
    let drafts = Self.decision(effects, pieces: 12, drafted: 4)
    #expect(
      drafts.verdict == .notEnoughEvidence
        && drafts.reason
          == "drafts of 4 pieces; 12 are the fewest that a verdict is given on. Raise --max-pieces; until then stay"
          + " with the prompt."
    )
    #expect(Self.decision(effects, pieces: 12, drafted: 12).verdict == .keep)
  }

  @Test("Costs are told a thousand drafts at a time, with three digits")
  func costs() {
    #expect(EffectText.cost(0.0000144) == "0.0144" && EffectText.cost(0.25) == "250.00")
    #expect(EffectText.cost(0) == "0.00")
  }
}

@Suite("Adherence to a seed")
struct AdherenceTests {
  static let kinds = KindProfile(
    (0..<5).map { ("note", String(repeating: "word ", count: 10 + $0)) }
      + (0..<5).map { ("log", String(repeating: "word ", count: 3 + $0)) })

  @Test("Length, topic, kind and ending each count, and what cannot be checked does not")
  func parts() {
    let seed = Seed(topic: "the repaired lamp", angle: "light that returns", length: 11, kind: "note")
    let adherence = Adherence(
      "Repairs take light and some patience, said the man twice over.", title: "A lamp", seed: seed,
      endsByItself: false, kinds: Self.kinds)
    #expect(adherence.lengthError == 0)
    // repai(red), lamp, light, retur(ns); three of them are taken up, the lamp in the title.
    #expect(adherence.topicCoverage == 0.75 && adherence.fitsKind == true)
    #expect(abs(adherence.score - (1 + 0.75 + 1 + 0) / 4) <= 0x1p-53)
    let bare = Adherence("One two.", title: nil, seed: Seed(), endsByItself: true, kinds: Self.kinds)
    #expect(bare.lengthError == nil && bare.topicCoverage == nil && bare.fitsKind == nil && bare.score == 1)
  }

  @Test("A text of three times the length counts nothing for it, and no less")
  func longer() {
    let adherence = Adherence(
      String(repeating: "word ", count: 30), title: nil, seed: Seed(length: 10), endsByItself: true,
      kinds: Self.kinds)
    #expect(adherence.lengthError == 2 && adherence.score == 0.5)
  }

  @Test("A kind is checked where several kinds have enough pieces")
  func kinds() {
    #expect(Self.kinds.fits(String(repeating: "word ", count: 5), kind: "log") == true)
    #expect(Self.kinds.fits(String(repeating: "word ", count: 12), kind: "log") == false)
    #expect(Self.kinds.fits("", kind: "log") == false && Self.kinds.fits("word", kind: "essay") == nil)
    let one = KindProfile((0..<9).map { _ in ("note", "a few words") })
    #expect(one.fits("a few words", kind: "note") == nil)
  }

  @Test("The title is the draft's first line with a number sign")
  func titles() {
    func parts(_ text: String) -> [String?] {
      let (title, body) = SystemDraft(text: text, latencyMilliseconds: nil, cost: nil, endedByItself: true)
        .titleAndBody
      return [title, body]
    }
    #expect(parts("\n# A lamp\n\nIt went out.") == ["A lamp", "\nIt went out."])
    #expect(parts("It went out.\n# Later") == [nil, "It went out.\n# Later"])
    #expect(parts("# Alone") == ["Alone", ""])
    #expect(parts("# A lamp\r\n\r\nIt went out.") == ["A lamp", "\r\nIt went out."])
  }
}
