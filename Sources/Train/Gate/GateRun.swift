import Files
import Foundation
import Model
import Tensor

/// Makes the outputs of a local base: alone, with pieces of an archive in its prompt, or with an adapter.
public struct GateRun: Equatable, Sendable {
  /// Which system answers.
  public enum Kind: String, CaseIterable, Sendable {
    /// The base alone.
    case base
    /// The base with examples in its prompt.
    case fewShot = "few-shot"
    /// The base with an adapter.
    case adapter
  }

  /// Which system answers.
  public var kind: Kind
  /// The base's folder.
  public var basePath: String
  /// The adapter's folder; needed for an adapter alone.
  public var adapterPath: String?
  /// The most examples in a prompt; nil for as many as fit.
  public var exampleLimit: Int?
  /// The most tokens of a prompt and its answer; nil for the base's context or 2048, whichever is less.
  public var window: Int?
  /// The most tokens of an answer to a prompt; a seed's follow from its length.
  public var maxTokens = 256
  /// How tokens are chosen.
  public var sampling = SamplingOptions()
  /// Chooses the answers among those that the model might give.
  public var seed: UInt64 = 0
  /// What an hour of this machine costs; nil leaves the outputs without a cost.
  public var pricePerHour: Double?
  /// The threads; nil for every processor.
  public var threads: Int?

  /// Describes a run.
  public init(_ kind: Kind, basePath: String) {
    self.kind = kind
    self.basePath = basePath
  }

  /// The system's name: `few-shot-8` where eight examples are the most.
  public var system: GateSystem {
    GateSystem(name: kind.rawValue + (kind == .fewShot ? exampleLimit.map { "-\($0)" } ?? "" : ""))
  }

  /// Answers every case.
  ///
  /// - Parameters:
  ///   - rows: where examples come from.
  ///   - path: the file that keeps each output as it is done, and has those of the same run that was broken off.
  ///   - onOutput: told of each output.
  /// - Throws: ``GateSettingError``, ``GateRunError``, ``AdapterMismatch``, and the errors of base and adapter;
  ///   `FileError`.
  public func start(
    _ cases: [GateCase], rows: [ArchiveRow], keptIn path: String, onOutput: (GateOutput) -> Void = { _ in }
  ) throws -> [GateOutput] {
    try check()
    let pool = ThreadPool(threadCount: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let base = try BaseModel(path: basePath, holding: WeightHolding(drafting: nil), pool: pool)
    let adapter =
      try kind == .adapter
      ? adapterPath.map { path in
        try AdapterFingerprint.check(path, for: base)
        return try AdapterFolder.read(path, for: base.configuration)
      } : nil
    if kind == .fewShot, !rows.contains(where: \.canBeShown) { throw GateRunError.noExamples }
    let context = base.configuration.contextLength
    let capacity = min(context, window ?? FewShotPrompt.window)
    let prompts = FewShotPrompt(
      base: base, rows: kind == .fewShot ? rows : [], limit: exampleLimit ?? .max)
    let plans = try cases.map { item in
      try prompts.plan(for: item, maxTokens: maxTokens, window: capacity)
    }
    let kept = try KeptLines(path, of: fingerprint(base, cases, plans, threads: pool.threadCount))
    let done = Dictionary(kept.lines.compactMap(GateOutput.init(json:)).map { ($0.id, $0) }) { $1 }
    let generator = TextGenerator(
      base.decoder(adapter: adapter, maxPositions: capacity, pool: pool), capacity: capacity)
    return try zip(cases, plans).map { item, plan in
      if let output = done[item.id] {
        onOutput(output)
        return output
      }
      let isBlank: ((Int32) -> Bool)? = item.asksForDraft ? { base.tokenizer.isBlank($0) } : nil
      let result = try generator.generate(
        prompt: plan.tokens, maxTokens: plan.tokenLimit, sampling: sampling, seed: seed,
        isBlank: isBlank)
      let seconds = result.prefillSeconds + result.decodeSeconds
      let output = GateOutput(
        id: item.id, text: base.tokenizer.decode(result.tokens, skipSpecialTokens: true),
        latencyMilliseconds: seconds * 1000, cost: pricePerHour.map { $0 * seconds / 3600 },
        ended: result.ending == .endOfText)
      try kept.add(output.json)
      onOutput(output)
      return output
    }
  }

  /// What decides the outputs, their times and their costs: those of another run are of no use.
  private func fingerprint(
    _ base: BaseModel, _ cases: [GateCase], _ plans: [FewShotPrompt.Plan], threads: Int
  ) throws -> Fingerprint {
    let parts =
      [
        try base.fingerprint().hex,
        try adapterPath.map { try Fingerprint(contentsOf: "\($0)/\(AdapterFolder.weightsName)").hex } ?? "",
        "\(kind) \(seed) \(sampling) \(threads) \(pricePerHour ?? 0)",
      ]
      + zip(cases, plans).map { item, plan in
        "\(item.id) \(item.asksForDraft) \(plan.tokens) \(plan.tokenLimit)"
      }
    return Fingerprint(of: Array(parts.joined(separator: "\n").utf8))
  }

  private func check() throws(GateSettingError) {
    if kind == .adapter, adapterPath == nil {
      throw GateSettingError(
        flag: "--adapter-path", found: "none", expected: "the adapter's folder with --run adapter")
    }
    let counts = [
      ("--examples", exampleLimit, 1_000_000), ("--max-seq-length", window, 1_048_576),
      ("--max-tokens", maxTokens, 1_048_576), ("--threads", threads, 1024),
    ]
    for (flag, count, most) in counts {
      if let count, !(1...most).contains(count) {
        throw GateSettingError(
          flag: flag, found: "\(count)", expected: "a whole number from 1 to \(most)")
      }
    }
    if let price = pricePerHour, !(price >= 0 && price.isFinite) {
      throw GateSettingError(flag: "--price-per-hour", found: "\(price)", expected: "a number from 0")
    }
    if !sampling.hasUsableTemperature {
      throw GateSettingError(
        flag: "--temperature", found: "\(sampling.temperature)", expected: SamplingOptions.usableTemperature)
    }
  }

  /// The outputs as a file holds them.
  ///
  /// - Throws: `JSONWriteError` for a number that JSON cannot express.
  public static func fileText(_ outputs: [GateOutput]) throws -> String {
    try outputs.map { try JSONWriter.string(of: $0.json) + "\n" }.joined()
  }
}

/// Why cases cannot be answered.
public enum GateRunError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A prompt that leaves no room for an answer.
  case promptTooLong(id: String, tokens: Int, window: Int)
  /// An archive without a row that could be an example.
  case noExamples

  /// What was found, what was expected and what to do.
  public var description: String {
    switch self {
    case .promptTooLong(let id, let tokens, let window):
      "case \(id): found a prompt of \(tokens) tokens; expected fewer than \(window). Shorten it or raise --max-seq-length."
    case .noExamples:
      "found no row to show as an example; expected posts, edits or completions. Give an archive with --data."
    }
  }
}
