import ArgumentParser
import Files
import Testing

@testable import LoraTrainCommand
@testable import Train

@Suite("Exit codes")
struct ExitCodeTests {
  @Test("2 before anything was computed, 1 after, and a code as it is")
  func errors() throws {
    let setting = TrainingError.setting("--rank is 0")
    #expect(CommandFailure.code(of: setting).rawValue == 2)
    #expect(CommandFailure.code(of: ValidationError("no --data")).rawValue == 2)
    #expect(CommandFailure.code(of: FileError(path: "a", operation: .read, problem: .missing)).rawValue == 2)
    #expect(CommandFailure.code(of: BrokenRun(cause: setting)).rawValue == 1)
    let diverged = TrainingError.nonFinite(step: 0, loss: .nan, gradientNorm: 0, keptStep: nil)
    #expect(CommandFailure.code(of: diverged).rawValue == 1)
    #expect(CommandFailure.code(of: ExitCode(130)).rawValue == 130)
    var command = try LoraTrainCommand.parseAsRoot(["--help"])
    let help = try #require(throws: (any Error).self) { try command.run() }
    #expect(CommandFailure.code(of: help).rawValue == 0)
  }

  private func outcome(nats: Double, passes: Bool) -> FineTuningOutcome {
    FineTuningOutcome(
      adapterPath: "a", keptStep: 1,
      comparison: HeldOutComparison(
        base: [DocumentLoss(nats: 2, tokens: 1, bytes: 1)],
        adapter: [DocumentLoss(nats: nats, tokens: 1, bytes: 1)], seed: 0),
      edits: nil, selfTest: AdapterSelfTest(largestDifference: passes ? 0 : 1, largestEffect: 1),
      endings: DraftEndings(ended: 0, drafts: 0), trainingSeconds: 1, trainingTokens: 1,
      evaluationSeconds: 1, sessionSeconds: 1, peakBytes: 1)
  }

  @Test(
    "130 for a stopped run, 3 for an adapter to retire, 1 for one that does not read back as it was trained")
  func outcomes() {
    #expect(CommandFailure.code(of: FineTuningOutcome?.none)?.rawValue == 130)
    #expect(CommandFailure.code(of: outcome(nats: 1, passes: true)) == nil)
    #expect(CommandFailure.code(of: outcome(nats: 3, passes: true))?.rawValue == 3)
    #expect(CommandFailure.code(of: outcome(nats: 1, passes: false))?.rawValue == 1)
    #expect(CommandFailure.code(of: outcome(nats: 3, passes: false))?.rawValue == 1)
  }
}
