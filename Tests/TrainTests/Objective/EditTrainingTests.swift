import Files
import TestSupport
import Testing

@testable import Train

@Suite("Training on edits")
struct EditTrainingTests {
  /// Edits that always cut one word and put in another, in words of their own.
  private static let rows = [
    "lamp", "drawer", "bell", "saw", "hinge", "ladder", "kettle", "clock", "shelf", "glove", "rope", "chisel",
  ].map { noun in
    #"{"seed":{"topic":"\#(noun)"},"draft":"The \#(noun) was very \#(noun)ish.","final":"The \#(noun) was \#(noun)ish, so."}"#
  }

  private func run(_ objective: Objective) throws -> TinyRun {
    var run = try TinyRun(rows: Self.rows)
    run.options.objective = objective
    run.options.epochs = 4
    return run
  }

  @Test("The final gains on its draft under each preference", arguments: [Objective.dpo, .orpo, .dense])
  func preferred(objective: Objective) throws {
    let outcome = try #require(try run(objective).start())
    let edits = try #require(outcome.edits)
    #expect(edits.base.pairs == edits.adapter.pairs && edits.base.pairs > 0)
    func margin(_ score: EditScore) throws -> Double {
      try #require(score.cutLoss) - #require(score.newLoss)
    }
    // A tiny random model learns to spell in so few steps, which makes all words likelier: what counts is which more.
    #expect(try margin(edits.adapter) > margin(edits.base))
  }

  @Test("A stopped run goes on against the reference that it began with")
  func resumes() throws {
    let whole = try run(.dense)
    try whole.start()
    let stopped = try run(.dense)
    #expect(try stopped.start(stoppingAfter: 5) == nil)
    try stopped.start(resumes: true)
    #expect(try whole.adapterBytes() == stopped.adapterBytes())
    let record = try JSONParser.parse(contentsOf: "\(stopped.adapterPath)/run.json")
    #expect(record["edits"]?["preference"]?.stringValue == "dense")
    #expect(record["edits"]?["pairs"]?.intValue == record["edits"]?["rows"]?.intValue)
  }

  @Test("Pairs are scored before the first step in batches of their own, whatever the steps hold")
  func smallBatches() throws {
    var run = try run(.dpo)
    run.options.batchSize = 1
    run.options.maxSequenceLength = 512
    run.options.validFraction = 0
    run.options.maxSteps = 1
    #expect(try run.start() != nil)
  }

  @Test("Prompts that are learned are not compared")
  func promptLabels() throws {
    func firstStep(masksPrompt: Bool) throws -> StepResult {
      var run = try run(.dpo)
      run.options.masksPrompt = masksPrompt
      run.options.shuffles = false
      run.options.maxSteps = 1
      run.options.preferenceWeight = 1
      var result: StepResult?
      try run.start { if case .step(_, _, _, _, let step) = $0 { result = step } }
      return try #require(result)
    }
    let (masked, whole) = (try firstStep(masksPrompt: true), try firstStep(masksPrompt: false))
    #expect(whole.labels > masked.labels)
    // DPO learns finals by the comparison alone, which is the same: the same sums, of batches in another order.
    #expect(abs(whole.gradientNorm - masked.gradientNorm) <= 1e-5 * masked.gradientNorm)
  }

  @Test("Accumulated batches give the loss and the gradient of one, pairs among them")
  func accumulates() throws {
    func firstStep(batch: Int, accumulation: Int) throws -> [Double] {
      // Not dense: its term for finals that lose likelihood has a kink where adapter and reference are equal, as they are at
      // first, and rounding would choose the side.
      var run = try run(.dpo)
      run.options.batchSize = batch
      run.options.gradientAccumulationSteps = accumulation
      run.options.unlikelihoodWeight = 0.1
      run.options.shuffles = false
      // A second step would follow AdamW's first, which is as long for a gradient that rounding alone made as for any.
      run.options.maxSteps = 1
      run.options.compute = .float32
      var results: [Double] = []
      try run.start {
        if case .step(_, _, _, _, let result) = $0 { results = [result.loss, result.gradientNorm] }
      }
      return results
    }
    let (one, other) = (
      try firstStep(batch: 4, accumulation: 1), try firstStep(batch: 2, accumulation: 2)
    )
    #expect(one.count == 2 && other.count == 2)
    for (one, other) in zip(one, other) {
      // The same sums in another order, of products over tens of terms and some hundred tokens: 200 roundings, 1.2e-5,
      // or so, of which most average out.
      #expect(abs(one - other) <= 1.2e-5 * one)
    }
  }

  @Test(
    "What is learned of edits stands in one line",
    arguments: [
      (
        Objective.automatic, 5, nil,
        "6 to train on, the writer's own words counting most; 5 pairs of draft and final, which are compared from 100 on"
      ),
      (
        .automatic, 130, nil,
        "6 to train on, the writer's own words counting most; 130 finals set against their drafts (dense, 1.0)"
      ),
      (
        .dense, 120, 0.05,
        "6 to train on, the writer's own words counting most; 120 finals set against their drafts (dense, 1.0); cut words unlearned (0.05)"
      ),
      (.sft, 30, nil, "6 to train on, learned as any piece"),
      (.dpo, 1, nil, "6 to train on; 1 final set against its draft (dpo, 1.0)"),
    ] as [(Objective, Int, Double?, String)])
  func plan(objective: Objective, pairs: Int, unlikelihood: Double?, text: String) {
    var options = TrainingOptions()
    options.objective = objective
    options.unlikelihoodWeight = unlikelihood
    let plan = EditPlan(
      edits: 6, pairs: pairs, objective: objective, terms: options.pairTerms(pairs: pairs))
    #expect(plan.text == text)
  }
}
