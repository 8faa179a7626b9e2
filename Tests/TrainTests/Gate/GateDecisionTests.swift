import Testing

@testable import Train

@Suite("The outcomes of the gate")
struct GateDecisionTests {
  /// A system of which so many of the cases pass; those that fail miss a fact or the form.
  static func score(
    _ name: String, _ passes: Int, of count: Int = 100, facts: Int = 0, latency: Double? = nil,
    cost: Double? = nil
  ) -> GateScore {
    let checks = [GateCheck(.contains("fact")), GateCheck(.regex("form"))]
    let cases = (0..<count).map { GateCase(id: "\($0)", request: .prompt("a"), checks: checks) }
    let outputs = (0..<count).map { index in
      let text = index < passes ? "fact form" : index < passes + facts ? "form" : "fact"
      return GateOutput(id: "\(index)", text: text, latencyMilliseconds: latency, cost: cost)
    }
    return GateScore(GateSystem(name: name), cases: cases, outputs: outputs)
  }

  static func decide(
    _ scores: [GateScore], examples: Int? = 120, edits: Int = 0, economics: GateEconomics? = nil,
    thresholds: GateThresholds = GateThresholds()
  ) -> GateDecision {
    GateDecision(
      scores, examples: examples.map { GateDecision.Examples(count: $0, edits: edits) },
      economics: economics, thresholds: thresholds)
  }

  @Test("A baseline above the line is shipped; one at it is not")
  func skip() {
    let decision = Self.decide([Self.score("base", 80), Self.score("few-shot", 91)])
    #expect(decision.outcome == .skip && decision.baseline?.system.name == "few-shot")
    #expect(decision.reasons == ["few-shot passes 0.910 (91 of 100), above 0.9: ship the prompt."])
    #expect(Self.decide([Self.score("base", 90), Self.score("few-shot", 90)]).outcome != .skip)
  }

  @Test("A volume that never pays for the set-up is skipped, whatever the cases say")
  func volume() {
    let scores = [
      Self.score("few-shot", 70, of: 10, cost: 0x1p-6), Self.score("adapter", 9, of: 10, cost: 0x1p-7),
    ]
    let decision = Self.decide(
      scores, economics: GateEconomics(setupCost: 390.625, callsPerMonth: 100, months: 12))
    #expect(decision.outcome == .skip && decision.breakEvenCalls == 50_000)
    #expect(
      decision.reasons
        == ["the set-up cost is paid for after 50,000 calls; 1,200 are planned."])
  }

  @Test("Before an adapter is measured, its calls are taken to be free")
  func freeCalls() {
    let plan = GateEconomics(setupCost: 390.625, callsPerMonth: 100, months: 12)
    let decision = Self.decide([Self.score("few-shot", 70, cost: 0x1p-6)], economics: plan)
    #expect(decision.breakEvenCalls == 25_000)
    #expect(
      decision.reasons
        == [
          "the set-up cost is paid for after 25,000 calls, were the adapter's calls free; 1,200 are planned."
        ])
  }

  @Test(
    "Where a call saves nothing the set-up is never paid for, and so skipped", arguments: [0x1p-7, 0x1p-6])
  func neverPays(cost: Double) {
    let plan = GateEconomics(setupCost: 390.625, callsPerMonth: 100, months: 12)
    let decision = Self.decide(
      [Self.score("few-shot", 70, cost: 0x1p-7), Self.score("adapter", 90, cost: cost)], economics: plan)
    #expect(decision.outcome == .skip && decision.breakEvenCalls == nil)
    #expect(decision.reasons == ["a call saves nothing, so that the set-up cost is never paid for."])
  }

  @Test("A plan for outputs without costs, and a limit for those without latencies, are asked for them")
  func missingFigures() {
    let plan = GateEconomics(setupCost: 1_000_000, callsPerMonth: 1, months: 12)
    let cost =
      "Give what a call of few-shot costs, as cost in each of its outputs or with --price-per-hour where --run makes"
      + " them: without it --setup-cost says nothing."
    let scores = [Self.score("few-shot", 70, facts: 10)]
    let unpriced = Self.decide(scores, economics: plan)
    #expect(unpriced.outcome == nil && unpriced.reasons.isEmpty && unpriced.toCollect == [cost])
    // What holds at any cost is concluded.
    let good = Self.decide([Self.score("few-shot", 95)], economics: plan)
    #expect(good.outcome == .skip && good.toCollect == [cost])
    var thresholds = GateThresholds()
    thresholds.maxLatencyMilliseconds = 800
    let latency = ["Give latency_ms in each output of few-shot: without it --max-latency-ms says nothing."]
    let formal = Self.decide(scores, thresholds: thresholds)
    #expect(formal.outcome == .fineTune && formal.toCollect == latency)
    thresholds.formShare = 1
    let unmeasured = Self.decide(scores, thresholds: thresholds)
    #expect(unmeasured.outcome == nil && unmeasured.toCollect == latency)
  }

  @Test("A baseline that fails almost everything, or misses facts, is mended upstream")
  func fixUpstream() {
    let low = Self.decide([Self.score("base", 40), Self.score("few-shot", 49)])
    #expect(low.outcome == .fixUpstream)
    #expect(
      low.reasons
        == [
          "few-shot passes 0.490 (49 of 100), under 0.5: what it is given or asked is wrong, not its style."
        ])
    let facts = Self.decide([Self.score("few-shot", 70, facts: 16)])
    #expect(facts.outcome == .fixUpstream)
    #expect(
      facts.reasons
        == [
          "16 of the 30 failed cases miss a fact: put the facts into the prompt; training would teach the model to make them up fluently."
        ])
    #expect(Self.decide([Self.score("few-shot", 70, facts: 15)]).outcome != .fixUpstream)
  }

  @Test("A prompt without examples, or one that climbs still, is compiled first")
  func compileFirst() {
    let untried = Self.decide([Self.score("base", 70)])
    #expect(untried.outcome == .compileFirst)
    #expect(untried.reasons == ["no prompt with examples was tried: --run few-shot does."])
    let climbing = Self.decide([
      Self.score("base", 60), Self.score("few-shot-8", 73), Self.score("few-shot-2", 70),
    ])
    #expect(climbing.outcome == .compileFirst)
    #expect(
      climbing.reasons
        == ["few-shot-8 passes 0.030 more than few-shot-2: the prompt is still climbing with more examples."])
    // Flat, or at the end of the window: no room is left.
    #expect(Self.decide([Self.score("few-shot-2", 70), Self.score("few-shot-8", 71)]).outcome == .fineTune)
    #expect(Self.decide([Self.score("base", 60), Self.score("few-shot", 73)]).outcome == .fineTune)
  }

  @Test("A measured gap, enough examples and a reason ask for training")
  func fineTune() {
    let decision = Self.decide([Self.score("base", 60), Self.score("few-shot", 70)])
    #expect(decision.outcome == .fineTune)
    #expect(
      decision.reasons == [
        "few-shot passes 0.700 (70 of 100), and better prompts do not close the gap to 0.9.",
        "format: 30 of the 30 failed cases fail in form alone.", "120 different examples to learn from.",
      ])
  }

  @Test("Each of latency, format, volume and labels is a reason; none of them is none")
  func reasons() {
    var thresholds = GateThresholds()
    thresholds.formShare = 1
    let scores = [Self.score("few-shot", 70, facts: 10, latency: 900, cost: 0x1p-6)]
    #expect(Self.decide(scores, thresholds: thresholds).outcome == .skip)
    #expect(Self.decide(scores, edits: 20, thresholds: thresholds).outcome == .fineTune)
    #expect(Self.decide(scores, edits: 19, thresholds: thresholds).outcome == .skip)
    let plan = GateEconomics(setupCost: 3.90625, callsPerMonth: 100, months: 12)
    let volume = Self.decide(scores, economics: plan, thresholds: thresholds)
    #expect(volume.outcome == .fineTune && volume.breakEvenCalls == 250)
    thresholds.maxLatencyMilliseconds = 800
    let latency = Self.decide(scores, thresholds: thresholds)
    #expect(latency.outcome == .fineTune && latency.reasons.contains("latency: p95 is 900 ms, above 800 ms."))
    thresholds.maxLatencyMilliseconds = 900
    #expect(Self.decide(scores, thresholds: thresholds).outcome == .skip)
  }

  @Test("Too few cases or examples is said with what to collect")
  func tooLittle() {
    let few = Self.decide([Self.score("few-shot", 8, of: 12)], examples: 40)
    #expect(few.outcome == nil && few.reasons.isEmpty)
    #expect(
      few.toCollect == [
        "Write 38 more cases: 12 say too little, 50 are the fewest that the gate decides on.",
        "Collect 60 more examples: a fine-tune needs 100 different ones, and there are 40.",
      ])
    let rows = Self.decide([Self.score("few-shot", 70)], examples: 99)
    #expect(rows.outcome == nil)
    #expect(
      rows.toCollect
        == ["Collect 1 more example: a fine-tune needs 100 different ones, and there are 99."])
    #expect(
      Self.decide([Self.score("few-shot", 70)], examples: nil).toCollect
        == ["Give what there is to train on with --data."])
    #expect(
      Self.decide([Self.score("adapter", 70)]).toCollect
        == ["Add the outputs of a prompted system: --run base and --run few-shot make them."])
  }

  @Test("A gap within the interval is not measured, and the cases that would show it are counted")
  func unmeasured() {
    let decision = Self.decide([Self.score("few-shot", 42, of: 50)])
    #expect(decision.outcome == nil)
    #expect(
      decision.toCollect == [
        "Write more cases: the interval of few-shot reaches 0.917, so that no gap to 0.9 is measured; 100 would show one at this rate."
      ])
    #expect(WilsonInterval(passes: 84, trials: 100).upper < 0.9)
    #expect(WilsonInterval(passes: 76, trials: 90).upper >= 0.9)
  }

  @Test("Thresholds and plans that cannot be are refused by their flag")
  func settings() {
    var thresholds = GateThresholds()
    thresholds.skipAbove = 1.5
    #expect(
      #expect(throws: GateSettingError.self) { try thresholds.check() }?.description
        == "--skip-above: found 1.5; expected a share from 0 to 1. Change it.")
    thresholds.skipAbove = 0.4
    #expect(
      #expect(throws: GateSettingError.self) { try thresholds.check() }?.description
        == "--fix-below: found 0.5; expected no more than --skip-above, 0.4. Change it.")
    thresholds = GateThresholds()
    thresholds.minCases = 0
    #expect(
      #expect(throws: GateSettingError.self) { try thresholds.check() }?.description
        == "--min-cases: found 0; expected a whole number from 1. Change it.")
    let plan = GateEconomics(setupCost: .nan, callsPerMonth: 1, months: 1)
    #expect(
      #expect(throws: GateSettingError.self) { try plan.check() }?.description
        == "--setup-cost: found nan; expected a number from 0. Change it.")
  }
}
