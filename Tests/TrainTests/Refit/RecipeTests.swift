import Files
import Foundation
import Model
import Testing

@testable import Train

@Suite("The recipe of a run") struct RecipeTests {
  @Test("Every setting that decides a run is read back from its record")
  func roundTrip() throws {
    var tiny = try TinyRun()
    tiny.options.epochs = 1
    tiny.options.maxSteps = 2
    tiny.options.adapter = LoRAConfiguration(
      rank: 3, alpha: 7.5, dropout: 0.25, targets: [.query, .down], isRankStabilized: true)
    tiny.options.learningRate = .value(4e-3)
    tiny.options.schedule = .linear
    tiny.options.warmupRatio = 0.5
    tiny.options.weightDecay = 0.125
    tiny.options.maxGradientNorm = 2.5
    tiny.options.batchSize = 3
    tiny.options.maxSequenceLength = 48
    tiny.options.gradientAccumulationSteps = 2
    tiny.options.objective = .dense
    tiny.options.beta = 0.25
    tiny.options.preferenceWeight = 0.75
    tiny.options.unlikelihoodWeight = 0.0625
    tiny.options.validFraction = 0.375
    tiny.options.sunsetDays = 33
    tiny.options.seed = .max
    tiny.options.shuffles = false
    tiny.options.masksPrompt = false
    tiny.options.skipsBadRows = true
    tiny.options.compute = .int8
    tiny.options.quantization = .q8
    // What changes nothing in an adapter is no part of its recipe.
    tiny.options.threads = nil
    try tiny.start()
    let record = try #require(try RunRecord.read(tiny.adapterPath))
    #expect(try TrainingOptions(record: record, path: "run.json") == tiny.options)
  }

  @Test("A record that names nothing gives the defaults, and auto stays auto")
  func defaults() throws {
    #expect(try TrainingOptions(record: [:], path: "run.json") == TrainingOptions())
    let automatic = try TrainingOptions(record: ["settings": ["learning_rate": "auto"]], path: "run.json")
    #expect(automatic.learningRate == .automatic)
  }

  @Test(
    "A value of another kind is named with its file",
    arguments: [
      ("rank", "a number", "a whole number", JSONValue.number(1.5)),
      ("shuffle", "a string", "true or false", "yes"),
      ("lr_schedule", "a string", "the name of a schedule", "x"),
      ("seed", "a number", "a whole number in quotes", 3), ("quantize", "a string", "q8", "q5"),
    ])
  func wrongKind(key: String, found: String, expected: String, value: JSONValue) {
    var settings = JSONObject()
    settings.append(key, value)
    let error = #expect(throws: TrainingError.self) {
      try TrainingOptions(record: ["settings": .object(settings)], path: "a/run.json")
    }
    #expect(
      error?.description
        == "a/run.json: \(key) is \(found); expected \(expected). Train afresh with lora-train.")
  }
}
