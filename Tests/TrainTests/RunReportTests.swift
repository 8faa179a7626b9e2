import Testing

@testable import Train

@Suite("The report of a run")
struct RunReportTests {
  @Test("A run has begun once anything was computed, not only after a step")
  func begun() {
    let run = FineTuningRun(
      basePath: "base", archives: ["posts.jsonl"], adapterPath: "a", options: TrainingOptions())
    var report = RunReport(run, isLive: false, style: .plain, startedAs: ["lora-train"])
    _ = report.outputs(for: .resumed(step: 3), at: 0, width: 80)
    #expect(!report.hasBegun)
    _ = report.outputs(for: .baseline(nil, estimatedSeconds: 1), at: 0, width: 80)
    #expect(report.hasBegun)
  }
}
