import Files
import Foundation
import Model
import Tensor

/// What a benchmark measured.
public struct BenchmarkReport: Equatable, Sendable {
  /// The base's folder.
  public let basePath: String
  /// The base's parameters.
  public let parameters: Int
  /// The arithmetic of training's products.
  public let compute: TrainingOptions.Compute
  /// What the weights were rounded to; nil for as they are.
  public let quantization: WeightQuantization?
  /// The threads that worked.
  public let threads: Int
  /// The adapter's rank.
  public let rank: Int
  /// The sequences of a batch.
  public let batchSize: Int
  /// The input tokens of a sequence.
  public let sequenceLength: Int
  /// The operations that one token of training takes.
  public let work: TrainingWork
  /// The machine's matrix products in operations per second.
  public let peak: Measurement
  /// Training in tokens per second.
  public let training: Measurement
  /// What a cache line takes from one thread to another after each step, in seconds; nil where no two ran at once.
  public let threadDistance: Measurement?
  /// Reading a prompt and writing.
  public let drafting: DraftingFigures
  /// The memory that training was planned to take.
  public let plannedBytes: Int
  /// The most memory that the process had resident until training ended.
  public let peakBytes: Int

  /// What training computes, in operations per second.
  public var trainingOperations: Double { training.median * work.total }
  /// The share of the machine's peak that training reaches.
  public var shareOfPeak: Double { trainingOperations / peak.median }

  /// A remark on what would mislead; nil where nothing does.
  public var note: String? {
    ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"].map {
      "note: OPENBLAS_CORETYPE=\($0) in the environment decides which kernels OpenBLAS uses; without it, OpenBLAS"
        + " takes those for this processor"
    }
  }

  /// A table of one line a figure, medians first.
  public var lines: [String] {
    func rate(_ measurement: Measurement) -> String {
      "\(Self.digits(measurement.median)) tokens/s (\(Self.digits(measurement.minimum)) to"
        + " \(Self.digits(measurement.maximum)))"
    }
    func giga(_ operations: Double) -> String { NumberText.fixed(operations / 1e9, 1) }
    func nanoseconds(_ seconds: Double) -> String { NumberText.fixed(seconds * 1e9, 0) }
    func share(_ part: Double) -> String { "\(NumberText.fixed(100 * part / work.total, 1)) %" }
    return FactList.lines([
      (
        "base",
        "\(basePath), \(NumberText.fixed(Double(parameters) / 1e6, 1)) M parameters, trained in \(compute.rawValue)"
          + (quantization.map { " over \($0)" } ?? "")
      ),
      (
        "machine",
        "\(NumberText.counted(threads, "thread"))"
          + (threadDistance.map {
            ", \(nanoseconds($0.median)) ns apart (\(nanoseconds($0.minimum)) to \(nanoseconds($0.maximum)))"
          } ?? "") + ", \(GEMM.libraryVersion)"
      ),
      (
        "GEMM peak",
        "\(giga(peak.median)) GFLOP/s (\(giga(peak.minimum)) to \(giga(peak.maximum)), \(peak.samples.count) products)"
      ),
      (
        "batch",
        "\(batchSize) × \(sequenceLength) tokens, all labelled, rank \(rank) on all seven projections"
      ),
      ("training", "\(rate(training)), \(NumberText.counted(training.samples.count, "step"))"),
      (
        "work a token",
        "\(NumberText.fixed(work.total / 1e6, 1)) MFLOP: frozen weights \(share(work.frozen)), head"
          + " \(share(work.head)), adapter \(share(work.adapter)), attention \(share(work.attention))"
      ),
      (
        "of the peak",
        "\(NumberText.fixed(100 * shareOfPeak, 1)) %, \(giga(trainingOperations)) GFLOP/s in training"
      ),
      ("prefill", "\(rate(drafting.prefill)), a prompt of \(drafting.promptTokens) tokens"),
      ("decode", "\(rate(drafting.decode)), after that prompt, weights in \(drafting.format)"),
      ("with adapter", "\(rate(drafting.decodeWithAdapter)), rank \(rank)"),
      (
        "memory read",
        "\(giga(drafting.memoryRead.median)) GB/s (\(giga(drafting.memoryRead.minimum)) to"
          + " \(giga(drafting.memoryRead.maximum))); \(ByteText.short(drafting.bytesPerToken)) a token is"
          + " \(NumberText.fixed(100 * drafting.shareOfMemory, 1)) % of it in decode"
      ),
      ("memory", "\(ByteText.short(peakBytes)) at most, \(ByteText.short(plannedBytes)) planned"),
    ])
  }

  /// Everything as one JSON object; rates in tokens per second, work in floating-point operations.
  public var json: JSONValue {
    func measurement(_ value: Measurement) -> JSONValue {
      [
        "median": .number(value.median), "minimum": .number(value.minimum),
        "maximum": .number(value.maximum), "samples": .array(value.samples.map { .number($0) }),
      ]
    }
    return [
      "base": .string(basePath), "parameters": .integer(Int64(parameters)),
      "compute": .string(compute.rawValue),
      "quantize": quantization.map { .string($0.rawValue) } ?? .null,
      "threads": .integer(Int64(threads)), "rank": .integer(Int64(rank)),
      "batch_size": .integer(Int64(batchSize)), "max_seq_length": .integer(Int64(sequenceLength)),
      "gemm_peak_flops": measurement(peak), "training_tokens_per_second": measurement(training),
      "thread_distance_seconds": threadDistance.map(measurement) ?? .null,
      "flop_per_token": [
        "total": .number(work.total), "frozen": .number(work.frozen), "head": .number(work.head),
        "adapter": .number(work.adapter), "attention": .number(work.attention),
      ],
      "training_flops": .number(trainingOperations), "share_of_peak": .number(shareOfPeak),
      "prefill_tokens_per_second": measurement(drafting.prefill),
      "decode_tokens_per_second": measurement(drafting.decode),
      "decode_with_adapter_tokens_per_second": measurement(drafting.decodeWithAdapter),
      "prompt_tokens": .integer(Int64(drafting.promptTokens)), "weights": .string("\(drafting.format)"),
      "memory_read_bytes_per_second": measurement(drafting.memoryRead),
      "bytes_per_token": .integer(Int64(drafting.bytesPerToken)),
      "share_of_memory": .number(drafting.shareOfMemory), "planned_bytes": .integer(Int64(plannedBytes)),
      "peak_bytes": .integer(Int64(peakBytes)),
      "versions": ["lora-train": .string(PackageVersion.text), "openblas": .string(GEMM.libraryVersion)],
    ]
  }

  /// Three digits or more: a model of two layers is as fast as thousands of tokens a second, a large one as one.
  private static func digits(_ value: Double) -> String {
    NumberText.fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0)
  }
}
