import Files
import Foundation
import Tensor
import TestSupport
import Testing

@testable import Model

@Suite("Decode step") struct DecodeStepTests {
  private let pool = ThreadPool(threadCount: 2)

  /// The logits that follow each token of a sequence, fed one by one.
  private func logits(
    _ decoder: Decoder, _ tokens: [Int32], cache dtype: DType,
    _ body: (Int, UnsafeBufferPointer<Float>) -> Void
  ) {
    let cache = KVCache(decoder.configuration, capacity: tokens.count, dtype: dtype)
    let updates = DecodeStep.Updates(of: decoder)
    let plan = Workspace.planning()
    _ = DecodeStep(decoder, updates: updates, cache: cache, workspace: plan)
    let step = DecodeStep(
      decoder, updates: updates, cache: cache, workspace: Workspace(byteCount: plan.byteCount))
    for (position, token) in tokens.enumerated() {
      step.advance(token: token, position: position)
      body(position, UnsafeBufferPointer(start: step.logits.base, count: step.logits.count))
    }
  }

  // As in `TransformersParityTests`: a hundred float32 roundings of logits up to about 10. Weights stored in bfloat16
  // are widened exactly, and nothing else is rounded to it.
  @Test(
    "Token by token, weights as they are stored give transformers' logits",
    arguments: TransformersParityTests.families)
  func parity(family: String) throws {
    let reference = try Reference("logits/\(family)")
    let base = try BaseModel(path: Fixtures.model(family), holding: .stored, pool: pool)
    let decoder = base.decoder(adapter: nil, maxPositions: 512, pool: pool)
    for (index, sequence) in reference.sequences.enumerated() {
      var ours: [Float] = []
      logits(decoder, sequence, cache: .float32) { ours += $1 }
      #expect(largestDifference(ours, try reference.values("logits.\(index)")) <= 1e-4)
    }
  }

  @Test(
    "Token by token, an adapter made by PEFT gives PEFT's logits",
    arguments: TransformersParityTests.families)
  func adapterParity(family: String) throws {
    let reference = try Reference("lora-gradients/\(family)")
    let base = try BaseModel(path: Fixtures.model(family), pool: pool)
    let adapter = try AdapterFolder.read(Fixtures.adapter(family), for: base.configuration)
    let decoder = base.decoder(adapter: adapter, maxPositions: 512, pool: pool)
    var ours: [Float] = []
    logits(decoder, reference.sequences[0], cache: .float32) { ours += $1 }
    #expect(largestDifference(ours, try reference.values("logits.0")) <= 1e-4)
  }

  @Test("On the embedded base, weights in few bits keep the perplexity within half a percent")
  func perplexity() throws {
    let data = URL(fileURLWithPath: Fixtures.path).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("data")
    let archive = try String(contentsOf: data.appendingPathComponent("archive.jsonl"), encoding: .utf8)
    let texts = try archive.split(separator: "\n").compactMap { line in
      try JSONParser.parse(String(line))["text"]?.stringValue
    }.prefix(4)
    var losses: [Double] = []
    for holding in [WeightHolding.float32, .bfloat16, .q8] {
      let base = try BaseModel(
        path: data.appendingPathComponent("base").path, holding: holding, pool: pool)
      let decoder = base.decoder(adapter: nil, maxPositions: 512, pool: pool)
      let dtype: DType = holding == .float32 ? .float32 : .bfloat16
      var (loss, count) = (0.0, 0)
      for text in texts {
        let tokens = Array(base.tokenizer.encode(text).prefix(400))
        logits(decoder, tokens, cache: dtype) { position, logits in
          guard position + 1 < tokens.count else { return }
          let top = Double(logits.max() ?? 0)
          let sum = logits.reduce(0) { $0 + exp(Double($1) - top) }
          loss += top + log(sum) - Double(logits[Int(tokens[position + 1])])
          count += 1
        }
      }
      losses.append(loss / Double(count))
    }
    // The bound that the project sets itself; either loses 0.02 % here.
    #expect(abs(losses[1] - losses[0]) <= log(1.005))
    #expect(abs(losses[2] - losses[0]) <= log(1.005))
  }
}
