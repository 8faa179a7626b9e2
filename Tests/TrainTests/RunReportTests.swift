import Testing

@testable import Train

@Suite("The report of a run")
struct RunReportTests {
  @Test("A run has begun once its first checkpoint is on disk, before any step")
  func begun() {
    let run = FineTuningRun(
      basePath: "base", archives: ["posts.jsonl"], adapterPath: "a", options: TrainingOptions())
    var report = RunReport(run, isLive: false, style: .plain, startedAs: ["lora-train"])
    _ = report.outputs(for: .resumed(step: 3), at: 0, width: 80)
    _ = report.outputs(for: .baseline(nil, estimatedSeconds: 1), at: 0, width: 80)
    #expect(!report.hasBegun)
    let loss = DocumentLoss(nats: 1, tokens: 1, bytes: 1)
    _ = report.outputs(for: .evaluated(step: 0, loss: loss, isBest: true), at: 0, width: 80)
    #expect(report.hasBegun)
  }
}
