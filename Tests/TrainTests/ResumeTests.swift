import Files
import Foundation
import Model
import TestSupport
import Testing

@testable import Train

@Suite("Stopping and resuming")
struct ResumeTests {
  /// The ways in which a run's later steps depend on its earlier ones.
  enum Setting: String, CaseIterable, CustomTestStringConvertible {
    case plain
    case everything

    var testDescription: String { rawValue }

    func apply(to options: inout TrainingOptions) {
      switch self {
      case .plain:
        options.shuffles = false
        options.validFraction = 0
        options.batchSize = 3
      case .everything:
        options.adapter.dropout = 0.2
        options.batchSize = 1
        options.gradientAccumulationSteps = 2
        options.learningRate = .automatic
        options.weightDecay = 0.1
        options.seed = 11
      }
    }
  }

  @Test(
    "Stopped after any step and resumed, a run gives the same adapter, byte for byte",
    arguments: Setting.allCases)
  func stopped(setting: Setting) throws {
    var whole = try TinyRun()
    setting.apply(to: &whole.options)
    var steps = 0
    let expected = try #require(
      try whole.start { if case .step(_, let count, _, _, _) = $0 { steps = count } })
    let bytes = try whole.adapterBytes()
    #expect(steps >= 8)

    // Before and after an evaluation, in both epochs, and twice in one run.
    for (number, stops) in [[1], [steps / 2 - 1], [steps / 2 + 2], [2, steps - 1]].enumerated() {
      var part = whole
      part.adapterName = "stopped-\(number)"
      for (index, stop) in stops.enumerated() {
        #expect(try part.start(resumes: index > 0, stoppingAfter: stop) == nil)
        #expect(part.folder.holds("\(part.adapterName)/checkpoint.safetensors"))
      }
      let outcome = try #require(try part.start(resumes: true))
      #expect(try part.adapterBytes() == bytes, "stopped after \(stops) of \(steps)")
      #expect(outcome.keptStep == expected.keptStep && outcome.comparison == expected.comparison)
      #expect(!part.folder.holds("\(part.adapterName)/checkpoint.safetensors"))
    }
  }

  @Test("A killed run continues from its last evaluation and gives the same adapter, byte for byte")
  func killed() throws {
    var tiny = try TinyRun()
    Setting.everything.apply(to: &tiny.options)
    let files = FileManager.default
    var copies: [String] = []
    try tiny.start { event in
      guard case .evaluated(let step, _, _) = event else { return }
      copies.append("killed-\(step)")
      try? files.copyItem(atPath: tiny.adapterPath, toPath: tiny.folder("killed-\(step)"))
    }
    let bytes = try tiny.adapterBytes()
    #expect(copies.count >= 8)
    for name in [copies[0], copies[3], copies[copies.count - 1]] {
      var resumed = tiny
      resumed.adapterName = name
      var begins: Int?
      _ = try #require(
        try resumed.start(resumes: true) { if case .resumed(let step) = $0 { begins = step } })
      #expect(name == "killed-\(begins ?? -1)")
      #expect(try resumed.adapterBytes() == bytes, "\(name)")
    }
  }

  @Test("Killed before its first step, a run has nothing that a fresh start does not give again")
  func killedAtOnce() throws {
    let tiny = try TinyRun()
    try tiny.start { event in
      guard case .evaluated(0, _, _) = event else { return }
      try? FileManager.default.copyItem(atPath: tiny.adapterPath, toPath: tiny.folder("killed"))
    }
    #expect(tiny.folder.holds("killed") && !tiny.folder.holds("killed/checkpoint.safetensors"))
    var again = tiny
    again.adapterName = "killed"
    try again.start()
    #expect(try again.adapterBytes() == tiny.adapterBytes())
  }

  @Test(
    "A run that breaks off while it writes its first evaluation can be resumed or begun again",
    arguments: ["run.json", "adapter_config.json", "adapter_model.safetensors", "checkpoint.safetensors"])
  func brokenWrite(file: String) throws {
    let whole = try TinyRun()
    try whole.start()
    var broken = whole
    broken.adapterName = "broken"
    let obstacle = broken.folder("broken/\(file)")
    #expect(throws: FileError.self) {
      try broken.start { event in
        guard case .step(1, _, _, _, _) = event else { return }
        try? FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: false)
      }
    }
    try FileManager.default.removeItem(atPath: obstacle)
    let resumes = AdapterPath.content(of: broken.adapterPath) == .checkpoint
    #expect(resumes == (file != "checkpoint.safetensors"))
    #expect(try broken.start(resumes: resumes) != nil)
    #expect(try broken.adapterBytes() == whole.adapterBytes())
  }

  @Test("Stopped while rates are probed, a run probes again and gives the same adapter, byte for byte")
  func stoppedProbe() throws {
    var whole = try TinyRun()
    Setting.everything.apply(to: &whole.options)
    try whole.start()
    var part = whole
    part.adapterName = "stopped"
    let stop = StopRequest()
    var events: [String] = []
    let outcome = try part.run().start(stop: stop) { event in
      if case .probed = event {
        events.append("probed")
        stop.stop()
      }
      if case .stopped(let step, _) = event { events.append("stopped \(step)") }
    }
    // Nothing of the second rate was tried.
    #expect(outcome == nil && events == ["probed", "stopped 0"])
    #expect(!part.folder.holds("stopped/adapter_model.safetensors"))
    var probes = 0
    #expect(try part.start(resumes: true) { if case .probed = $0 { probes += 1 } } != nil)
    #expect(try probes == 3 && part.adapterBytes() == whole.adapterBytes())
  }

  @Test("A state with a count that cannot be is none")
  func counts() throws {
    func state(best: JSONValue, tokens: JSONValue, peak: JSONValue = 0.5) -> FineTuningState? {
      FineTuningState(json: [
        "peak_learning_rate": peak, "best_step": best, "steps": [[1.5, 1, 0.25, tokens, 3, 0.5]],
        "evaluations": [],
      ])
    }
    #expect(state(best: 1, tokens: 7)?.tokens == 7)
    for broken: JSONValue in [-1, .integer(.max), 0.5, "7", nil] {
      #expect(state(best: broken, tokens: 7) == nil && state(best: 1, tokens: broken) == nil)
    }
    // Only before the first step may the rate be unknown.
    #expect(state(best: 1, tokens: 7, peak: nil) == nil)
  }

  @Test("Another setting, base or archive is refused by name")
  func refused() throws {
    var tiny = try TinyRun()
    #expect(try tiny.start(stoppingAfter: 1) == nil)
    func refusal(_ change: (inout TinyRun) throws -> Void) throws -> String {
      var changed = tiny
      try change(&changed)
      let error = #expect(throws: TrainingError.self) { try changed.start(resumes: true) }
      return try #require(error).description
    }
    func text(_ name: String) -> String {
      "\(tiny.adapterPath)/checkpoint.safetensors: was written by a run with another \(name); expected the"
        + " settings, base and archive that the run began with. Give them again, or train afresh without"
        + " --resume."
    }
    #expect(try refusal { $0.options.learningRate = .value(1e-3) } == text("learning_rate"))
    #expect(try refusal { $0.options.seed = 1 } == text("seed"))
    #expect(try refusal { $0.options.quantization = .q8 } == text("quantize"))
    #expect(try refusal { $0.options.compute = .int8 } == text("compute"))
    #expect(try refusal { $0.options.adapter.alpha = 8 } == text("alpha"))
    #expect(try refusal { $0.options.gradientAccumulationSteps = 2 } == text("grad_accumulation_steps"))
    #expect(try refusal { $0.base = Fixtures.model("llama-linear") } == text("base_sha256"))
    #expect(
      try refusal {
        $0.archive = try tiny.folder.put(TinyRun.rows.reversed().joined(separator: "\n"), as: "b.jsonl")
      }
        == text("archive_sha256"))
    // How many threads and whether layers are kept change nothing, and may change.
    tiny.options.threads = 1
    tiny.options.recomputesLayers = true
    #expect(try tiny.start(resumes: true) != nil)
  }

  @Test("Without a checkpoint there is nothing to resume")
  func nothing() throws {
    let tiny = try TinyRun()
    let error = #expect(throws: TrainingError.self) { try tiny.start(resumes: true) }
    #expect(
      error?.description
        == "\(tiny.adapterPath): found no checkpoint; expected that of a stopped run. Give its --adapter-path, or"
        + " train without --resume.")
  }
}
