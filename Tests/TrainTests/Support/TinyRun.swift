import TestSupport
import Foundation
import Model
import Train

/// A fine-tuning run of the smollm2 fixture on a short archive, in a folder of its own.
struct TinyRun {
  let folder: TemporaryFolder
  var options = TrainingOptions()
  var archive: String
  var base = Fixtures.model("smollm2")
  var adapterName = "adapter"

  /// Fourteen rows of four kinds in words of their own, so that no two are near duplicates.
  static let rows: [String] = {
    let nouns = [
      "lamp", "drawer", "bell", "saw", "hinge", "ladder", "kettle", "clock", "shelf", "glove", "rope",
      "chisel",
      "stool", "lantern",
    ]
    let ends = [
      "went quiet in March and nobody asked", "keeps its own hours", "was repaired twice by the same hand",
      "is older than the bench it lies on", "costs less than the worry", "learned to lean",
      "sings before it boils over", "stopped at four seventeen", "holds what it is given",
      "has lost its twin",
      "remembers every knot", "cuts best when it is ignored", "has three legs and an opinion",
      "burns longer on a still night",
    ]
    return nouns.indices.map { index in
      let text = "The \(nouns[index]) \(ends[index])."
      return switch index % 4 {
      case 0:
        #"{"seed":{"topic":"\#(nouns[index])","length":9,"kind":"note"},"text":"\#(text)"}"#
      case 1: #"{"text":"\#(text)"}"#
      case 2: #"{"prompt":"About the \#(nouns[index]):","completion":" \#(text)"}"#
      default: #"{"seed":{"topic":"\#(nouns[index])"},"draft":"A \#(nouns[index]).","final":"\#(text)"}"#
      }
    }
  }()

  /// Two epochs in windows of 64 tokens, rank 2, a rate at which ten steps change something.
  init(rows: [String] = TinyRun.rows) throws {
    folder = try TemporaryFolder()
    archive = try folder.put(rows.joined(separator: "\n") + "\n", as: "archive.jsonl")
    options.adapter = LoRAConfiguration(rank: 2, alpha: 4)
    options.maxSequenceLength = 64
    options.learningRate = .value(5e-3)
    options.threads = 2
  }

  var adapterPath: String { folder(adapterName) }

  func run(resumes: Bool = false) -> FineTuningRun {
    FineTuningRun(
      basePath: base, archives: [archive], adapterPath: adapterPath, options: options, resumes: resumes)
  }

  /// Runs to the end.
  @discardableResult
  func start(
    resumes: Bool = false, onEvent: (FineTuningEvent) -> Void = { _ in }
  ) throws -> FineTuningOutcome? {
    try run(resumes: resumes).start(stop: StopRequest(), onEvent: onEvent)
  }

  /// Runs until a step was taken and asks to stop there.
  func start(resumes: Bool = false, stoppingAfter step: Int) throws -> FineTuningOutcome? {
    let stop = StopRequest()
    return try run(resumes: resumes).start(stop: stop) { event in
      if case .step(step, _, _, _, _) = event { stop.stop() }
    }
  }

  /// The adapter's tensor file.
  func adapterBytes() throws -> Data { try folder.bytes(of: "\(adapterName)/adapter_model.safetensors") }
}
