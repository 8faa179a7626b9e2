import Testing

@testable import Train

@Suite("Step plan")
struct StepPlanTests {
  /// Ten sequences of 1 to 10 input tokens, two a batch: five batches an epoch.
  private func plan(epochs: Int, maxSteps: Int? = nil, accumulation: Int = 1) -> StepPlan {
    let examples = (1...10).map { length in
      TrainingExample(
        tokens: (0...length).map { Int32($0) }, labelled: [1..<length + 1], document: length - 1)
    }
    return StepPlan(
      SequencePacking(examples: examples, filling: .batchSize(2), shuffles: false, seed: 0), epochs: epochs,
      maxSteps: maxSteps, accumulation: accumulation)
  }

  private func batches(_ plan: StepPlan) -> [[[Int]]] {
    var plan = plan
    return (1...plan.totalSteps).map { plan.batches(ofStep: $0) }
  }

  @Test("Every batch of every epoch is in one step, an epoch's last step taking what is left")
  func steps() {
    let epoch = [[[0, 1], [2, 3]], [[4, 5], [6, 7]], [[8, 9]]]
    #expect(batches(plan(epochs: 2, accumulation: 2)) == epoch + epoch)
    #expect(batches(plan(epochs: 1, accumulation: 9)) == [[[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]])
    // From the back too: a resumed run begins anywhere.
    var resumed = plan(epochs: 2, accumulation: 2)
    #expect(resumed.batches(ofStep: 6) == epoch[2] && resumed.batches(ofStep: 2) == epoch[1])
  }

  @Test("A number of steps ends an epoch early, or goes on with further ones")
  func maxSteps() {
    #expect(plan(epochs: 3, maxSteps: 4).totalSteps == 4)
    #expect(batches(plan(epochs: 1, maxSteps: 7)).last == [[2, 3]])
  }

  @Test("The held-out side is scored after each quarter of an epoch, and after the last step")
  func evaluations() {
    #expect(plan(epochs: 2).evaluations == [1, 2, 3, 5, 6, 7, 8, 10])
    #expect(plan(epochs: 1, maxSteps: 4).evaluations == [1, 2, 3, 4])
    #expect(plan(epochs: 1, accumulation: 9).evaluations == [1])
  }

  @Test("Epochs and tokens are counted as they are done")
  func counts() {
    let plan = plan(epochs: 2, accumulation: 2)
    #expect([1, 3, 4, 6].map(plan.epoch(ofStep:)) == [1.0 / 3, 1, 4.0 / 3, 2])
    #expect(plan.tokenCount { $0 + 1 } == 2 * 55)
    #expect(self.plan(epochs: 1, maxSteps: 1).tokenCount { $0 + 1 } == 3)
    // Two whole epochs and three of five batches.
    #expect(self.plan(epochs: 1, maxSteps: 13).tokenCount { $0 + 1 } == 2 * 55 + 21)
  }
}
