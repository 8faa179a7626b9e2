import Files
import Foundation
import Model
import Tensor
import TestSupport
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
    options.shape.vocabularySize = 280
    options.shape.hiddenSize = 16
    options.shape.intermediateSize = 24
    options.shape.layerCount = 2
    options.shape.headCount = 2
    options.shape.keyValueHeadCount = 1
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

  @Test("A run can begin with the weights, shape and vocabulary of a base")
  func initialModel() throws {
    try run("base", options)
    var options = options
    // A step this small moves no weight by half of bfloat16's spacing, 2⁻⁹ of its size: the weights come back.
    options.learningRate = 1e-30
    options.maxSteps = 1
    options.shape.hiddenSize = 32
    options.shape.vocabularySize = 300
    try PretrainingRun(
      texts: [texts], validation: [validation], folder: folder("next"), initialModel: folder("base"),
      options: options
    ).start(stop: StopRequest()) { _ in }
    for name in ["model.safetensors", "tokenizer.json", "config.json"] {
      let (base, next) = (try folder.bytes(of: "base/\(name)"), try folder.bytes(of: "next/\(name)"))
      #expect(base == next, "\(name)")
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

  @Test("Resuming with another shape is refused, and what agrees may be said again")
  func otherShape() throws {
    // A text so short gives a smaller vocabulary than was asked for.
    let few = try folder.put(#"{"text": "a lamp"}"#, as: "few.jsonl")
    var begun = options
    begun.maxSteps = 1
    try run("base", begun, texts: [few])
    let tokens = try ModelConfiguration(contentsOf: folder("base/config.json")).vocabularySize
    #expect(tokens < 280)
    begun.resumes = true
    func resume(_ change: (inout PretrainingShape) -> Void) throws {
      var resumed = begun
      resumed.shape = PretrainingShape()
      change(&resumed.shape)
      try run("base", resumed, texts: [few])
    }
    func expectRefusal(
      _ flag: String, _ value: Int, found: Int, _ size: WritableKeyPath<PretrainingShape, Int?>
    ) {
      let error = #expect(throws: TrainingError.self) { try resume { $0[keyPath: size] = value } }
      #expect(
        error?.description
          == "\(flag) beside --resume: found two shapes, \(value) and the \(found) of \(folder("base")); expected one,"
          + " and that base brings its own. Leave \(flag) out.")
    }
    expectRefusal("--vocab-size", 300, found: tokens, \.vocabularySize)
    expectRefusal("--hidden-size", 32, found: 16, \.hiddenSize)
    expectRefusal("--intermediate-size", 32, found: 24, \.intermediateSize)
    expectRefusal("--layers", 6, found: 2, \.layerCount)
    expectRefusal("--heads", 3, found: 2, \.headCount)
    expectRefusal("--kv-heads", 2, found: 1, \.keyValueHeadCount)
    try resume { $0.vocabularySize = tokens }
    try resume { $0.headCount = 2 }
    try resume { $0 = begun.shape }
  }

  @Test("A base is not written over, and without a checkpoint there is nothing to resume")
  func taken() throws {
    var changed = options
    changed.maxSteps = 1
    changed.resumes = true
    let missing = #expect(throws: TrainingError.self) { try run("base", changed) }
    #expect(
      missing?.description
        == "\(folder("base"))/checkpoint.safetensors: found nothing; expected the checkpoint of a stopped run. Give"
        + " its folder as --output, or train without --resume.")
    #expect(!folder.holds("base"))

    changed.resumes = false
    try run("base", changed)
    let bytes = try folder.bytes(of: "base/model.safetensors")
    for name in ["model.safetensors", "checkpoint.safetensors"] {
      let error = #expect(throws: TrainingError.self) { try run("base", changed) }
      #expect(
        error?.description
          == "\(folder("base")): found a base or its checkpoint; expected a folder without one. Go on with --resume,"
          + " or give another --output.")
      #expect(try name == "checkpoint.safetensors" || folder.bytes(of: "base/\(name)") == bytes)
      try FileManager.default.removeItem(atPath: folder("base/\(name)"))
    }
    // What is left is the vocabulary, which a run uses, and says so.
    var found: Int?
    try run("base", changed) { if case .foundVocabulary(let tokens) = $0 { found = tokens } }
    #expect(
      try found == BaseModel(path: folder("base"), pool: ThreadPool(threadCount: 1)).tokenizer.vocabularySize)
    #expect(try folder.bytes(of: "base/model.safetensors") == bytes)
  }

  @Test("A run that was killed before its last weights were written is made whole by resuming")
  func killed() throws {
    try run("whole", options)
    let whole = try folder.bytes(of: "whole/model.safetensors")
    try FileManager.default.removeItem(atPath: folder("whole/model.safetensors"))
    var changed = options
    changed.resumes = true
    try run("whole", changed)
    #expect(try folder.bytes(of: "whole/model.safetensors") == whole)
  }

  @Test("A run has its folder alone")
  func alone() throws {
    var changed = options
    changed.maxSteps = 1
    var refused = false
    try run("base", changed) { event in
      guard case .started = event else { return }
      let busy = #expect(throws: FolderBusy.self) { try run("base", changed) }
      refused = busy?.folder == folder("base")
    }
    #expect(refused)
  }

  @Test("A run that is stopped before its first step can be resumed")
  func stoppedAtOnce() throws {
    var changed = options
    changed.maxSteps = 6
    try run("whole", changed)
    let stop = StopRequest()
    var end: (step: Int, stopped: Bool)?
    try PretrainingRun(
      texts: [texts], validation: [validation], folder: folder("part"), options: changed
    ).start(stop: stop) { event in
      if case .started = event { stop.stop() }
      if case .finished(let step, let stopped) = event { end = (step, stopped) }
    }
    #expect(try #require(end) == (0, true))
    changed.resumes = true
    try run("part", changed)
    #expect(try folder.bytes(of: "part/model.safetensors") == folder.bytes(of: "whole/model.safetensors"))
  }

  @Test(
    "A checkpoint's counts are whole numbers that a run can add to",
    arguments: ["-1", "9007199254740993", "0.5"])
  func counts(text: String) throws {
    let state =
      #"{"step":2,"epoch":0,"cursor":\#(text),"tokens_seen":9,"seed":0,"batch_tokens":128,"max_seq_length":16}"#
    let json = try JSONParser.parse(state, file: "c")
    let error = #expect(throws: TrainingError.self) {
      try PretrainingState(json: json, options: options, path: "c")
    }
    #expect(
      error?.description
        == "c: holds no count of cursor from 0 to 9007199254740992; expected one. Train afresh without --resume."
    )
  }

  @Test("A vocabulary whose ids do not fit in 16 bits is refused")
  func largeVocabulary() throws {
    // The fixture's 316 tokens and more, up to one too many.
    let tokenizer = try String(
      contentsOfFile: "\(Fixtures.model("smollm2"))/tokenizer.json", encoding: .utf8)
    let added = (316...65_536).map { #""t\#($0)":\#($0),"# }.joined()
    try AtomicFile.createDirectory(folder("large"))
    try folder.put(
      tokenizer.replacing(#""vocab": {"#, with: #""vocab": {\#(added)"#), as: "large/tokenizer.json")
    let error = #expect(throws: TrainingError.self) { try run("large", options) }
    #expect(
      error?.description
        == "\(folder("large"))/tokenizer.json has 65537 tokens; expected at most 65536. Remove the file to train a"
        + " vocabulary anew.")
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
      try refusal { $0.shape.vocabularySize = 256 }
        == "--vocab-size is 256; expected a whole number from 257 to 65536. Change it.")
    for weight in [0, 1001] {
      #expect(
        try refusal { $0.sourceWeights = ["a": 1000, "shop": weight] }
          == "--source-weight shop is \(weight); expected a whole number from 1 to 1000. Change it.")
    }
    #expect(
      try refusal { $0.batchTokens = 8 }
        == "--batch-tokens is 8; expected at least --max-seq-length, 16. Raise it.")
    #expect(
      try refusal { $0.shape.headCount = 3 }
        == "3 heads and 1 key-value heads do not divide a hidden size of 16 into heads of even width; expected"
        + " that they do. Change --heads or --kv-heads.")
    let bad = try folder.put("{\"text\": \"a\"}\n{\"body\": \"b\"}\n", as: "bad.jsonl")
    #expect(
      try refusal(texts: [bad]) { _ in }
        == "\(bad):2: no \"text\" with a string; expected {\"text\": …}. Fix the line or leave the file out.")
    let empty = try folder.put("\n", as: "empty.jsonl")
    #expect(
      try refusal(texts: [empty]) { $0.shape.vocabularySize = 257 }
        == "\(empty): found no text; expected {\"text\": …} lines. Give other files.")
    // A model, and a step, larger than the memory of any machine that this is tested on.
    let sizes: [(inout PretrainingOptions) -> Void] = [
      {
        ($0.shape.hiddenSize, $0.shape.intermediateSize, $0.shape.layerCount) = (65_536, 65_536, 1024)
        ($0.shape.headCount, $0.shape.keyValueHeadCount) = (64, 64)
      }, { ($0.batchTokens, $0.shape.intermediateSize) = (16_777_216, 65_536) },
    ]
    for size in sizes {
      let text = try refusal(size)
      #expect(text.hasPrefix("this run needs ") && text.contains("TiB; the machine has "))
      #expect(text.hasSuffix(" Lower --batch-tokens, --hidden-size, --intermediate-size or --layers."))
    }
  }
}
