import Files
import Foundation
import Model
import TestSupport
import Testing

@testable import Train

@Suite("Benchmark") struct BenchmarkTests {
  /// C = 4, F = 6, 2 layers, H = 2, K = 1, D = 2, V = 10.
  static let tiny = ModelConfiguration(
    vocabularySize: 10, hiddenSize: 4, intermediateSize: 6, layerCount: 2, headCount: 2, keyValueHeadCount: 1,
    contextLength: 32, endOfText: [0])

  @Test("Training's work a token is what a count by hand gives")
  func handCount() {
    let work = TrainingWork(Self.tiny, adapter: LoRAConfiguration(rank: 3), sequenceLength: 5)
    // Weights: q 4·4, k and v 2·4 each, o 4·4, gate, up and down 6·4 each: 16 + 8 + 8 + 16 + 3·24 = 120 a layer.
    // Layer 1: 4·120. Layer 0: 4·120, less 2·(16 + 8 + 8) for the input gradients of q, k, v.
    #expect(work.frozen == Double(4 * 120 + 4 * 120 - 2 * 32))
    #expect(work.head == Double(4 * 10 * 4))
    // in + out: q 8, k 6, v 6, o 8, gate 10, up 10, down 10: 58 a layer. Layer 0 lacks dx of q, k, v: 2·3·(4 + 4 + 4).
    #expect(work.adapter == Double(6 * 3 * 58 * 2 - 2 * 3 * 12))
    // 5 queries see 1 + 2 + … + 5 = 15 keys, 3 a token; 12 operations a key and element of 2·2, in 2 layers.
    #expect(work.attention == Double(12 * 4 * 3 * 2))
    #expect(work.total == work.frozen + work.head + work.adapter + work.attention)
  }

  @Test("A projection without an adapter has no adapter's work")
  func fewerTargets() {
    let work = TrainingWork(
      Self.tiny, adapter: LoRAConfiguration(rank: 3, targets: [.down]), sequenceLength: 5)
    #expect(work.adapter == Double(6 * 3 * 10 * 2))
  }

  @Test("The median is the middle sample, or the mean of the two in the middle")
  func median() {
    #expect(Measurement([3, 1, 2]).median == 2)
    #expect(Measurement([4, 1, 2, 9]).median == 3)
    #expect(Measurement([3, 1, 2]).minimum == 1 && Measurement([3, 1, 2]).maximum == 3)
  }

  @Test("A run measures everything and reports it whole")
  func run() throws {
    var options = TrainingOptions()
    options.batchSize = 2
    options.maxSequenceLength = 16
    options.maxSteps = 2
    options.threads = 2
    options.quantization = .q8
    var steps: [Int] = []
    var benchmark = Benchmark(basePath: Fixtures.model("smollm2"), options: options)
    benchmark.peakSize = 128
    let report = try benchmark.start { step, count in
      steps.append(step)
      #expect(count == 2)
    }
    #expect(steps == [0, 1, 2])
    #expect(report.training.samples.count == 2 && report.peak.samples.count == 8)
    let drafting = report.drafting
    for rate in [
      report.training, report.peak, drafting.prefill, drafting.decode, drafting.decodeWithAdapter,
      drafting.memoryRead,
    ] {
      #expect(rate.samples.allSatisfy { $0 > 0 && $0.isFinite })
    }
    #expect(report.shareOfPeak == report.training.median * report.work.total / report.peak.median)
    // Where the processor is busy no two threads may have run at once.
    #expect(report.threadDistance?.samples.allSatisfy { $0 > 0 && $0.isFinite } ?? true)
    let json = report.json
    #expect(json["thread_distance_seconds"] != nil)
    #expect(json["flop_per_token"]?["total"]?.doubleValue == report.work.total)
    #expect(json["quantize"] == "q8" && json["weights"] == "q8")
    #expect(json["max_seq_length"] == 16 && json["batch_size"] == 2 && json["threads"] == 2)
    #expect(throws: Never.self) { try JSONWriter.string(of: json) }
    #expect(report.lines.count == 12)
  }

  @Test("Products in eight bits are measured against their own peak, over weights in eight bits")
  func integers() throws {
    var options = TrainingOptions()
    options.batchSize = 1
    options.maxSequenceLength = 16
    options.maxSteps = 1
    options.compute = .int8
    var benchmark = Benchmark(basePath: Fixtures.model("smollm2"), options: options)
    benchmark.peakSize = 128
    let report = try benchmark.start()
    #expect(report.peak.samples.allSatisfy { $0 > 0 && $0.isFinite } && report.training.median > 0)
    #expect(report.json["compute"] == "int8")
  }

  @Test("What cannot be measured is refused")
  func refusals() {
    func message(_ change: (inout TrainingOptions) -> Void) -> String? {
      var options = TrainingOptions()
      change(&options)
      do {
        _ = try Benchmark(basePath: Fixtures.model("smollm2"), options: options).start()
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message { $0.batchSize = 5000 } == "--batch-size is 5000; expected at most 4096. Lower it.")
    #expect(
      message { $0.maxSequenceLength = 513 }
        == "--max-seq-length is 513; expected at most 512, the context of \(Fixtures.model("smollm2")). Lower it."
    )
  }
}
