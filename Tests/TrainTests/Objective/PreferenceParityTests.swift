import Checkpoint
import Files
import Model
import Tensor
import TestSupport
import Testing

@testable import Train

/// Losses and gradients of the objectives on edits against TRL's, and against the formulas written in PyTorch where
/// TRL has none; see Tests/Fixtures/make_preferences.py.
@Suite("Preference parity with TRL")
struct PreferenceParityTests {
  private struct Reference {
    let manifest: JSONValue
    let tensors: SafetensorsFile
    let prepared: PreparedRun

    init(_ objective: Objective) throws {
      let name = objective.rawValue
      manifest = try JSONParser.parse(contentsOf: Fixtures.reference("preferences/\(name).json"))
      tensors = try SafetensorsFile(path: Fixtures.reference("preferences/\(name).safetensors"))
      var options = TrainingOptions()
      options.objective = objective
      if objective == .dense {
        options.preferenceWeight = 0.25
        options.unlikelihoodWeight = 0.05
      }
      options.initialAdapter = Fixtures.adapter("smollm2")
      options.validFraction = 0
      options.compute = .float32
      options.threads = 2
      prepared = try PreparedRun(
        base: Fixtures.model("smollm2"), archives: [Fixtures.reference("preferences/edits.jsonl")],
        options: options)
    }

    /// The loss of all pairs in one step, each in a batch of its own, and the gradients in the adapter. The base is
    /// the reference.
    func loss() -> Double {
      let parameters = prepared.adapter.parameters
      let engine = TrainingEngine(
        prepared.decoder, optimizer: AdamWOptimizer(parameters, weightDecay: 0), capacity: prepared.capacity,
        recomputesLayers: false)
      let examples = prepared.dataset.training
      let base = prepared.base.decoder(
        adapter: nil, dtype: .float32, maxPositions: prepared.maxSequenceLength, pool: prepared.pool)
      let references = prepared.pairTerms.preference.map {
        EditEvaluation(examples, tokenBudget: prepared.maxSequenceLength).scores(engine, $0, with: base)
      }
      let batches = examples.indices.map { index in
        var batch = Batch()
        batch.fill(with: [index], of: examples)
        return batch
      }
      parameters.clearGradients()
      let objective = StepObjective(batches, terms: prepared.pairTerms, references: references ?? [:])
      return batches.reduce(0) {
        $0 + engine.accumulateGradients($1, objective: objective, dropoutSeed: nil)
      }
    }
  }

  @Test("Pairs become the reference's tokens and marks")
  func tokens() throws {
    let reference = try Reference(.dense)
    let pairs = try #require(reference.manifest["pairs"]?.arrayValue)
    let rates = (reference.manifest["editRates"]?.arrayValue ?? []).compactMap(\.doubleValue)
    let examples = reference.prepared.dataset.training
    try #require(examples.count == pairs.count && rates.count == pairs.count)
    for (example, (pair, rate)) in zip(examples, zip(pairs, rates)) {
      let draft = try #require(example.draft)
      func ids(_ side: String) -> [Int32]? {
        pair[side]?["ids"]?.arrayValue?.compactMap { $0.intValue.map { Int32($0) } }
      }
      func changed(_ side: String) -> [Bool]? { pair[side]?["changed"]?.arrayValue?.compactMap(\.boolValue) }
      #expect(ids("final") == example.tokens && ids("draft") == draft.tokens)
      #expect(changed("final") == draft.isNew && changed("draft") == draft.isCut)
      // One division, rounded once on either side.
      #expect(abs(draft.editRate - rate) <= 1e-15)
    }
  }

  @Test("Loss and every LoRA gradient equal the reference's", arguments: [Objective.dpo, .orpo, .dense])
  func gradients(objective: Objective) throws {
    let reference = try Reference(objective)
    let loss = reference.loss()
    let expected = try #require(reference.manifest["loss"]?.doubleValue)
    // Some hundred roundings of 2⁻²⁴ in each token's loss of up to 10, of which DPO sums forty and takes a tenth.
    #expect(abs(loss - expected) <= 1e-4, "\(loss) against \(expected)")
    let parameters = reference.prepared.adapter.parameters
    #expect(Set(parameters.entries.map(\.name)) == Set(reference.tensors.names))
    for (index, entry) in parameters.entries.enumerated() {
      let gradient = parameters.gradient(index)
      let ours = Array(UnsafeBufferPointer(start: gradient.base, count: gradient.count))
      let theirs = try Fixtures.values(entry.name, of: reference.tensors)
      let largest = theirs.reduce(0) { max($0, abs($1)) }
      // As for the likelihood's own gradients: single entries near zero carry only rounding.
      #expect(largestDifference(ours, theirs) <= 1e-3 * Double(largest), "\(entry.name)")
    }
  }
}
