import Files

/// How far a pretraining run has come: with weights and moments, all that resuming needs.
struct PretrainingState: Equatable {
  /// The optimizer steps taken.
  var step = 0
  /// The epoch, counted from 0.
  var epoch = 0
  /// The windows of this epoch's order already used.
  var cursor = 0
  /// The tokens computed so far.
  var tokensSeen = 0
  /// The size of vocabulary that a run from scratch was begun with, which its texts need not have given.
  var askedVocabulary: Int?

  init() {}

  /// Reads a checkpoint's state, refusing one of another seed or batch size, or with counts that cannot be. The
  /// texts may have grown: the epoch's order is then another, and what is left of it is still taken once.
  init(json: JSONValue, options: PretrainingOptions, path: String) throws {
    for (name, value) in PretrainingState.pinned(options) where json[name]?.intValue != value {
      throw TrainingError.checkpoint(
        path: path,
        problem: "was written with \(name) \(json[name]?.intValue ?? 0); this run has \(value)."
          + " Resume with the settings that the run began with.")
    }
    func count(_ name: String) throws -> Int {
      // What a double holds exactly, and far from where adding a step could overflow.
      let most = 1 << 53
      guard let value = json[name]?.intValue, (0...most).contains(value) else {
        throw TrainingError.checkpoint(
          path: path,
          problem: "holds no count of \(name) from 0 to \(most); expected one. Train afresh without --resume."
        )
      }
      return value
    }
    step = try count("step")
    epoch = try count("epoch")
    cursor = try count("cursor")
    tokensSeen = try count("tokens_seen")
    askedVocabulary = PretrainingState.askedVocabulary(in: json)
  }

  /// The size of vocabulary that the run of a checkpoint was begun with.
  static func askedVocabulary(in json: JSONValue) -> Int? { json["vocab_size"]?.intValue }

  func json(_ options: PretrainingOptions) -> JSONValue {
    var object = JSONObject()
    let counts = [("step", step), ("epoch", epoch), ("cursor", cursor), ("tokens_seen", tokensSeen)]
    for (name, value) in PretrainingState.pinned(options) + counts {
      object.append(name, .integer(Int64(value)))
    }
    if let askedVocabulary { object.append("vocab_size", .integer(Int64(askedVocabulary))) }
    return .object(object)
  }

  private static func pinned(_ options: PretrainingOptions) -> [(String, Int)] {
    [
      ("seed", Int(truncatingIfNeeded: options.seed)), ("batch_tokens", options.batchTokens),
      ("max_seq_length", options.maxSequenceLength),
    ]
  }

  /// The windows of the next step, as many as the token budget holds, in the order of the epoch; a step may reach
  /// into the next epoch.
  ///
  /// - Parameter order: the current epoch's, replaced when a new one begins.
  mutating func nextWindows(
    of corpus: PretrainingCorpus, order: inout [Int], options: PretrainingOptions
  ) -> [Int] {
    var indices: [Int] = []
    var tokens = 0
    while true {
      if cursor >= order.count {
        epoch += 1
        cursor = 0
        order = corpus.order(epoch: epoch, seed: options.seed)
      }
      let next = corpus.windows[order[cursor]].count
      if tokens + next > options.batchTokens { return indices }
      indices.append(order[cursor])
      tokens += next
      cursor += 1
    }
  }
}
