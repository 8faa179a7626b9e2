import Checkpoint
import Files
import Model
import TestSupport
import Testing

@testable import Train

/// Whole runs against PyTorch and PEFT, on the same weights and rows, through `FineTuningRun` itself.
@Suite("Training parity with PEFT")
struct TrainingParityTests {
  static let settings = [
    "plain", "llama", "qwen3", "clip", "accumulation", "rslora", "attention-only", "prompt-masked",
    "weight-decay", "cosine",
  ]

  /// The reference of one setting, and the run that should reproduce it.
  private struct Reference {
    let manifest: JSONValue
    let tensors: SafetensorsFile
    let initial: SafetensorsFile
    var run: FineTuningRun

    init(_ setting: String, writingTo folder: TemporaryFolder) throws {
      let manifest = try JSONParser.parse(contentsOf: Fixtures.reference("training/\(setting).json"))
      self.manifest = manifest
      func value(_ name: String) throws -> JSONValue { try #require(manifest[name]) }
      let adapter = try #require(try value("adapter").stringValue)
      tensors = try SafetensorsFile(path: Fixtures.reference("training/\(setting).safetensors"))
      initial = try SafetensorsFile(path: "\(Fixtures.adapter(adapter))/\(AdapterFolder.weightsName)")

      var options = TrainingOptions()
      let micro = try #require(try value("microBatches").intValue)
      options.batchSize = try #require(try value("batchSize").intValue) / micro
      options.gradientAccumulationSteps = micro
      let steps = try #require(try value("steps").intValue)
      options.maxSteps = steps
      options.initialAdapter = Fixtures.adapter(adapter)
      options.maxGradientNorm = try #require(try value("maxGradNorm").doubleValue)
      options.weightDecay = try #require(try value("optimizer")["weightDecay"]?.doubleValue)
      let schedule = try #require(try value("schedule").stringValue)
      options.schedule = try #require(LearningRateSchedule.Shape(rawValue: schedule))
      options.warmupRatio = Double(manifest["warmupSteps"]?.intValue ?? 0) / Double(steps)
      options.learningRate = .value(1e-3)
      options.validFraction = 0
      options.shuffles = false
      options.compute = .float32
      options.threads = 2
      run = FineTuningRun(
        basePath: Fixtures.model(try #require(try value("model").stringValue)),
        archives: [Fixtures.reference(try #require(try value("data").stringValue))],
        adapterPath: folder("adapter"), options: options)
    }

    func numbers(_ name: String) -> [Double] { (manifest[name]?.arrayValue ?? []).compactMap(\.doubleValue) }
  }

  @Test("Rows become the reference's tokens and labels", arguments: settings)
  func tokens(setting: String) throws {
    let reference = try Reference(setting, writingTo: TemporaryFolder())
    let prepared = try PreparedRun(
      base: reference.run.basePath, archives: reference.run.archives, options: reference.run.options)
    let rows = try #require(reference.manifest["rows"]?.arrayValue)
    try #require(rows.count == prepared.dataset.training.count)
    for (row, example) in zip(rows, prepared.dataset.training) {
      let labels = row["labels"]?.arrayValue?.compactMap(\.intValue) ?? []
      #expect(row["ids"]?.arrayValue?.compactMap(\.intValue) == example.tokens.map { Int($0) })
      // The first token of a sequence is never predicted, whatever its label says.
      let scored = labels.indices.dropFirst().filter { labels[$0] >= 0 }
      #expect(example.labelled.flatMap { Array($0) } == scored)
    }
  }

  @Test("Losses, norms, rates and the adapter after ten steps equal PEFT's", arguments: settings)
  func tenSteps(setting: String) throws {
    let folder = try TemporaryFolder()
    let reference = try Reference(setting, writingTo: folder)
    var steps: [StepResult] = []
    var rates: [Double] = []
    _ = try reference.run.start(stop: StopRequest()) { event in
      if case .step(_, _, _, let rate, let result) = event {
        rates.append(rate)
        steps.append(result)
      }
    }
    // The same formula in double precision.
    #expect(zip(rates, reference.numbers("learningRates")).allSatisfy { abs($0 - $1) <= 1e-15 })
    #expect(rates.count == reference.numbers("learningRates").count)

    // A hundred roundings of 2⁻²⁴ on the way to a loss or a norm; and from the second step on, adapters that are
    // 1e-3 of a movement of 0.01 apart, which move a loss of 7 by a few 1e-5.
    let losses = reference.numbers("losses")
    let norms = reference.numbers("gradientNorms")
    try #require(steps.count == losses.count && steps.count == norms.count)
    for (step, (loss, norm)) in zip(steps, zip(losses, norms)) {
      #expect(abs(step.loss - loss) <= 1e-5 * loss)
      #expect(abs(step.gradientNorm - norm) <= 1e-4 * norm)
    }

    // Each tensor's movement, relative to its own largest: the 1e-3. A setting that is ignored is farther
    // away than that, as the manifest says.
    let ours = try SafetensorsFile(path: folder("adapter/\(AdapterFolder.weightsName)"))
    #expect(Set(ours.names) == Set(reference.tensors.names))
    var largestBound = 0.0
    for name in reference.tensors.names {
      let start = try Fixtures.values(name, of: reference.initial)
      let final = try Fixtures.values(name, of: reference.tensors)
      let bound = 1e-3 * largestDifference(final, start)
      largestBound = max(largestBound, bound)
      #expect(largestDifference(try Fixtures.values(name, of: ours), final) <= bound, "\(name)")
    }
    if setting != "plain", setting != "accumulation",
      let distance = reference.manifest["distanceToPlain"]?.doubleValue
    {
      #expect(largestBound < distance / 10)
    }
  }

  @Test("Ten steps in bfloat16 follow PEFT's in float32", arguments: ["plain", "llama", "qwen3"])
  func tenStepsInBFloat16(setting: String) throws {
    let folder = try TemporaryFolder()
    var reference = try Reference(setting, writingTo: folder)
    reference.run.options.compute = .bfloat16
    var losses: [Double] = []
    _ = try reference.run.start(stop: StopRequest()) { event in
      if case .step(_, _, _, _, let result) = event { losses.append(result.loss) }
    }
    // A forward in bfloat16 moves a loss by up to 1e-3 of it here, as PyTorch's autocast does, and ten steps along
    // gradients that are a few percent off no more than that again. The steps themselves move it by 2e-2 and more.
    let expected = reference.numbers("losses")
    try #require(losses.count == expected.count)
    for (loss, reference) in zip(losses, expected) { #expect(abs(loss - reference) <= 2e-3 * reference) }
  }
}
