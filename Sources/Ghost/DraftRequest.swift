import Foundation
import Model
import Train

/// Everything that decides a draft. The same request on the same kind of machine gives the same draft.
public struct DraftRequest: Equatable, Sendable {
  /// What to write about.
  public var seed: Seed
  /// The base's folder; nil takes the one that the adapter was trained on, or the embedded base.
  public var basePath: String?
  /// The adapter's folder; nil takes the newest under `adapters/`, or none where there is none.
  public var adapterPath: String?
  /// How tokens are chosen.
  public var sampling = SamplingOptions()
  /// Chooses the draft among those that the model might write.
  public var randomSeed: UInt64
  /// The most new tokens; nil follows from the seed's length.
  public var maxTokens: Int?
  /// The archive whose pieces may stand in the prompt; nil shows none.
  public var archivePath: String?
  /// The most of those pieces; nil shows as many as fit where no adapter drafts, and none beside one.
  public var exampleLimit: Int?
  /// What the base's weights are rounded to; nil leaves them as they are stored.
  public var quantization: WeightQuantization?
  /// The threads to work on; nil takes every processor. They change nothing in the draft.
  public var threads: Int?

  /// Asks for a draft from `seed`; without a random seed, every request draws its own.
  public init(seed: Seed, randomSeed: UInt64? = nil) {
    self.seed = seed
    // Short enough to be typed again.
    self.randomSeed = randomSeed ?? UInt64.random(in: 0..<1_000_000_000)
  }

  /// Refuses settings out of their ranges.
  ///
  /// - Throws: ``DraftError/setting(flag:found:expected:)``.
  public func check() throws(DraftError) {
    func require(
      _ holds: Bool, _ flag: String, _ found: some CustomStringConvertible, _ expected: String
    ) throws(DraftError) {
      guard holds else { throw .setting(flag: flag, found: "\(found)", expected: expected) }
    }
    try require(
      sampling.hasUsableTemperature, "--temperature", sampling.temperature, SamplingOptions.usableTemperature)
    try require(sampling.topK >= 0, "--top-k", sampling.topK, "a whole number from 0, where 0 keeps all")
    try require(
      sampling.topP > 0 && sampling.topP <= 1, "--top-p", sampling.topP, "a number above 0 and up to 1")
    try require((0...1).contains(sampling.minP), "--min-p", sampling.minP, "a number from 0 to 1")
    try require(
      (0.01...100).contains(sampling.repetitionPenalty), "--repetition-penalty", sampling.repetitionPenalty,
      "a number from 0.01 to 100, where 1 does nothing")
    if let maxTokens { try require(maxTokens >= 1, "--max-tokens", maxTokens, "a whole number from 1") }
    if let exampleLimit {
      try require(exampleLimit >= 0, "--examples", exampleLimit, "a whole number from 0, where 0 shows none")
    }
    if let threads {
      try require((1...1024).contains(threads), "--threads", threads, "a whole number from 1 to 1024")
    }
  }

  /// The folder of the base: the one asked for, else the one that the adapter records and that is still there,
  /// else the embedded one.
  func resolvedBase(adapter: String?) throws -> String {
    try DraftRequest.resolvedBase(basePath, adapter: adapter)
  }

  /// The folder of the base for drafts with an adapter; see ``resolvedBase(adapter:)``.
  static func resolvedBase(_ basePath: String?, adapter: String?) throws -> String {
    if let basePath { return basePath }
    if let adapter, let recorded = try AdapterFolder.readBasePath(adapter),
      FileManager.default.fileExists(atPath: "\(recorded)/config.json")
    {
      return recorded
    }
    guard let embedded = BaseModel.embeddedPath() else { throw DraftError.noBase }
    return embedded
  }
}

/// Why a draft cannot be written.
public enum DraftError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A setting is out of its range.
  case setting(flag: String, found: String, expected: String)
  /// No base was given, recorded or embedded.
  case noBase
  /// The seed leaves the model's context no room.
  case seedTooLong(tokens: Int, context: Int)
  /// The length asked for does not fit into the model's context.
  case lengthBeyondContext(words: Int, largest: Int, context: Int)
  /// The token limit does not fit into the model's context.
  case limitBeyondContext(tokens: Int, room: Int, context: Int)
  /// The seed spells out one of the tokenizer's special tokens, which would act as that token.
  case specialToken(String)
  /// There is a file already where the draft is to be saved.
  case outputExists(path: String)

  /// What was found, what was expected and what to do.
  public var description: String {
    switch self {
    case .setting(let flag, let found, let expected):
      "\(flag) is \(found); expected \(expected). Change it."
    case .noBase:
      "found no data/base in this folder or any above it, nor beside the program; expected a base model."
        + " Give its folder with --model."
    case .seedTooLong(let tokens, let context):
      "the seed takes \(tokens) tokens; expected room for a draft in the base's context of \(context). Shorten it."
    case .lengthBeyondContext(let words, let largest, let context):
      "length is \(words) words; the base's context of \(context) tokens allows about \(largest) after this seed."
        + " Ask for a shorter piece."
    case .limitBeyondContext(let tokens, let room, let context):
      "--max-tokens is \(tokens); the base's context of \(context) tokens allows \(room) after this seed. Lower it."
    case .specialToken(let token):
      "the seed holds \(token), a special token of the base; expected text. Remove it."
    case .outputExists(let path):
      "\(path): found a file; expected to save the draft as a new one. Choose another path, or replace it with --force."
    }
  }
}
