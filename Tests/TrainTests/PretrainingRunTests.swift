import Foundation
import Model
import Tensor
import Testing

@testable import Train

@Suite("Pretraining run")
struct PretrainingRunTests {
  private let folder: TemporaryFolder
  private let texts: String
  private let validation: String
  private var options = PretrainingOptions()

  init() throws {
    folder = try TemporaryFolder()
    func lines(_ range: Range<Int>) -> String {
      let nouns = ["lamp", "drawer", "bell", "saw", "hinge", "ladder", "kettle"]
      return range.map { index in
        let (one, two) = (nouns[index % 7], nouns[index * 3 % 7])
        return
          #"{"text":"The \#(one) beside the \#(two) is number \#(index).","source":"shop \#(index % 2)"}"#
      }.joined(separator: "\n")
    }
    texts = try folder.put(lines(0..<40), as: "texts.jsonl")
    validation = try folder.put(lines(40..<46), as: "valid.jsonl")
    options.vocabularySize = 280
    options.hiddenSize = 16
    options.intermediateSize = 24
    options.layerCount = 2
    options.headCount = 2
    options.keyValueHeadCount = 1
    options.maxSequenceLength = 16
    options.batchTokens = 128
    options.maxSteps = 24
    options.warmupSteps = 2
    options.evaluationInterval = 5
    options.sourceWeights = ["shop 1": 2]
    options.threads = 2
  }

  private func run(
    _ name: String, _ options: PretrainingOptions, texts: [String]? = nil, stopsAfter step: Int? = nil,
    onEvent: (PretrainingRun.Event) -> Void = { _ in }
  ) throws {
    let stop = StopRequest()
    try PretrainingRun(
      texts: texts ?? [self.texts], validation: [validation], folder: folder(name), options: options
    ).start(stop: stop) { event in
      onEvent(event)
      if case .step(step, _, _, _) = event { stop.stop() }
    }
  }

  @Test("A run leaves a base that loads, and that has learned")
  func loads() throws {
    var scores: [(step: Int, bits: Double)] = []
    try run("base", options) { event in
      if case .evaluated(let step, let bits, _) = event { scores.append((step, bits)) }
    }
    #expect(scores.map(\.step) == [5, 10, 15, 20, 24])
    #expect(scores[4].bits < scores[0].bits)
    let base = try BaseModel(path: folder("base"), pool: ThreadPool(threadCount: 1))
    #expect(base.configuration.layerCount == 2 && base.configuration.vocabularySize <= 280)
    #expect(base.configuration.endOfText == [try #require(base.tokenizer.id(ofToken: "<|endoftext|>"))])
  }

  @Test("Stopped and resumed, a run gives the same base byte for byte, on any number of threads")
  func resume() throws {
    try run("whole", options)
    // Within an epoch, at an evaluation, and past an epoch's end.
    for stop in [3, 10, 19] {
      let name = "part-\(stop)"
      var changed = options
      changed.threads = 1 + stop % 3
      try run(name, changed, stopsAfter: stop)
      changed.resumes = true
      try run(name, changed)
      for file in ["model.safetensors", "checkpoint.safetensors"] {
        #expect(
          try folder.bytes(of: "\(name)/\(file)") == folder.bytes(of: "whole/\(file)"), "\(name)/\(file)")
      }
    }
  }

  @Test("Resuming with other settings is refused")
  func refused() throws {
    var changed = options
    changed.maxSteps = 1
    try run("base", changed)
    changed.resumes = true
    changed.batchTokens = 64
    let error = #expect(throws: TrainingError.self) { try run("base", changed) }
    #expect(
      error?.description
        == "\(folder("base"))/checkpoint.safetensors: was written with batch_tokens 128; this run has 64."
        + " Resume with the settings that the run began with.")
  }

  @Test("Settings and texts that make no run are refused with what to do")
  func settings() throws {
    func refusal(texts: [String]? = nil, _ change: (inout PretrainingOptions) -> Void) throws -> String {
      var changed = options
      change(&changed)
      let error = #expect(throws: TrainingError.self) { try run("refused", changed, texts: texts) }
      return try #require(error).description
    }
    #expect(
      try refusal { $0.evaluationInterval = 0 }
        == "--eval-interval is 0; expected a whole number from 1 to 1000000000. Change it.")
    #expect(
      try refusal { $0.maxSteps = 0 }
        == "--max-steps is 0; expected a whole number from 1 to 1000000000. Change it.")
    #expect(
      try refusal { $0.batchTokens = 8 }
        == "--batch-tokens is 8; expected at least --max-seq-length, 16. Raise it.")
    #expect(
      try refusal { $0.headCount = 3 }
        == "3 heads and 1 key-value heads do not divide a hidden size of 16 into heads of even width; expected"
        + " that they do. Change --heads or --kv-heads.")
    let bad = try folder.put("{\"text\": \"a\"}\n{\"body\": \"b\"}\n", as: "bad.jsonl")
    #expect(
      try refusal(texts: [bad]) { _ in }
        == "\(bad):2: no \"text\" with a string; expected {\"text\": …}. Fix the line or leave the file out.")
    let empty = try folder.put("\n", as: "empty.jsonl")
    #expect(
      try refusal(texts: [empty]) { $0.vocabularySize = 257 }
        == "\(empty): found no text; expected {\"text\": …} lines. Give other files.")
  }
}
