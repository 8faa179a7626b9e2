import Files
import Foundation
import Model
import Tensor
import Tokenizer
import Train

/// Writes first drafts from seeds, with a base and the adapter of one writer's voice.
public final class Drafter {
  /// What is to be written.
  public let request: DraftRequest
  /// The base's folder.
  public let basePath: String
  /// The adapter; nil where the base writes alone.
  public let adapter: AdapterOrigin?
  /// The fingerprints of the base and its tokenizer.
  public let fingerprints: BaseFingerprints
  /// The most new tokens.
  public let tokenLimit: Int
  /// The pieces of the archive in the prompt.
  public let exampleCount: Int

  /// The tokens that the pieces of the archive had room in.
  private let exampleRoom: Int
  private let base: BaseModel
  private let generator: TextGenerator
  private let prompt: [Int32]
  private let loadSeconds: Double

  /// Reads base and adapter and lays out the prompt; nothing is written yet.
  ///
  /// - Parameter folder: where the search for adapters starts.
  /// - Throws: ``DraftError``, `AdapterRefusal`, `AdapterMismatch`, and the errors of base and adapter.
  public init(
    _ request: DraftRequest, in folder: String = "."
  ) throws {
    try request.check()
    let clock = ContinuousClock()
    let began = clock.now
    let adapterPath = request.adapterPath ?? AdapterSearch.newest(from: folder)
    let pool = ThreadPool(threadCount: request.threads ?? ProcessInfo.processInfo.activeProcessorCount)
    basePath = try request.resolvedBase(adapter: adapterPath)
    // To read all of the base's files takes one thread as long as everything up to the first word.
    let fingerprinting = BackgroundWork { [basePath] in try BaseFingerprints(path: basePath) }
    base = try BaseModel(path: basePath, holding: WeightHolding(drafting: request.quantization), pool: pool)
    let plan = DraftPrompt(for: request.seed, base: base)
    tokenLimit = try Drafter.tokenLimit(request, plan, base: base)
    let window = min(base.configuration.contextLength, FewShotPrompt.window)
    exampleRoom = max(0, window - plan.tokens.count - tokenLimit)
    let shown = try Drafter.examples(
      request, besideAdapter: adapterPath != nil, base: base, room: exampleRoom)
    prompt = shown?.before(plan.tokens, prefix: base.tokenizer.prefixIDs) ?? plan.tokens
    exampleCount = shown?.count ?? 0
    fingerprints = try fingerprinting.value()
    adapter = try adapterPath.map { [base, fingerprints] in
      try AdapterOrigin($0, base: base, fingerprints: fingerprints)
    }
    let capacity = prompt.count + tokenLimit
    generator = TextGenerator(
      base.decoder(
        adapter: try adapterPath.map { [base] in try AdapterFolder.read($0, for: base.configuration) },
        maxPositions: capacity, pool: pool),
      capacity: capacity)
    self.request = request
    loadSeconds = (clock.now - began) / .seconds(1)
  }

  /// The pieces of the archive that are nearest to the seed; nil where none are to be shown.
  private static func examples(
    _ request: DraftRequest, besideAdapter: Bool, base: BaseModel, room: Int
  ) throws -> FewShotPrompt.Shown? {
    let limit = request.exampleLimit ?? (besideAdapter ? 0 : .max)
    guard limit > 0, let path = request.archivePath,
      request.exampleLimit != nil || FileManager.default.fileExists(atPath: path)
    else { return nil }
    let rows: [ArchiveRow]
    do {
      rows = try Archive(paths: [path], skipBadRows: true).rows
    } catch ArchiveError.noRows where request.exampleLimit == nil {
      return nil
    }
    return FewShotPrompt(base: base, rows: rows, limit: limit).examples(for: request.seed, room: room)
  }

  /// What the writer should know before reading the draft, a line each.
  public var notices: [String] {
    var lines: [String] = []
    if let adapter {
      lines.append(
        "adapter: \(adapter.path) (rank \(adapter.rank), SHA-256 \(adapter.fingerprint.hex.prefix(12))…)")
    } else {
      lines.append("adapter: none under \(AdapterPath.parent)/ here or above; the base drafts alone")
    }
    if exampleCount > 0, let archive = request.archivePath {
      lines.append("examples: \(NumberText.counted(exampleCount, "piece")) of \(archive) in the prompt")
    } else if let limit = request.exampleLimit, limit > 0, let archive = request.archivePath {
      lines.append("examples: none of \(archive) has a prompt and fits in \(exampleRoom) tokens")
    }
    lines.append("base: \(basePath) (SHA-256 \(fingerprints.base.hex.prefix(12))…)")
    lines.append("seed: \(request.randomSeed) (give --seed \(request.randomSeed) to repeat this draft)")
    if let adapter, !adapter.namesItsBase {
      lines.append(
        "note: \(adapter.path) has no run.json that names its base, so only its shapes could be checked")
    }
    if let adapter, !adapter.isFinished {
      lines.append("note: \(adapter.path) is of a run that was not finished; lora-train --resume finishes it")
    }
    if adapter?.verdict == .retire {
      lines.append("note: the evaluation of this adapter said retire; the base alone may write as well")
    }
    if request.seed.angle != nil, request.seed.topic == nil {
      lines.append(
        "note: the seed has an angle without a topic; give --topic for a draft that is about something")
    }
    return lines
  }

  /// Writes the draft.
  ///
  /// - Parameters:
  ///   - candidate: the number of the draft, from 0; each has the random seed that follows on the one before.
  ///   - stop: ends the draft after the next token, with the text so far.
  ///   - onText: takes the text as it grows, in whole characters. Returning false ends the draft.
  /// - Throws: `GenerationError` where the model computes nothing to choose a word by.
  public func write(
    candidate: Int = 0, stop: StopRequest = StopRequest(), onText: (String) -> Bool = { _ in true }
  ) throws(GenerationError) -> Draft {
    var request = request
    request.randomSeed &+= UInt64(candidate)
    var decoder = base.tokenizer.makeStreamingDecoder(skipSpecialTokens: true)
    var text = ""
    var isWanted = true
    func add(_ piece: String) {
      guard !piece.isEmpty else { return }
      text += piece
      if isWanted { isWanted = onText(piece) }
    }
    let result = try generator.generate(
      prompt: prompt, maxTokens: tokenLimit, sampling: request.sampling, seed: request.randomSeed
    ) { token in
      add(decoder.push(token))
      return isWanted && !stop.isStopping
    } isBlank: { [base] token in
      base.tokenizer.isBlank(token)
    }
    add(decoder.finish())
    return Draft(
      request: request, basePath: basePath, fingerprints: fingerprints, adapter: adapter, text: text,
      ending: result.ending, exampleCount: exampleCount, promptTokens: prompt.count, tokens: result.tokens,
      tokenLimit: tokenLimit,
      loadSeconds: loadSeconds, prefillSeconds: result.prefillSeconds, decodeSeconds: result.decodeSeconds)
  }

  /// The most new tokens: those asked for or those that the length follows from, in what the context leaves.
  private static func tokenLimit(
    _ request: DraftRequest, _ plan: DraftPrompt, base: BaseModel
  ) throws(DraftError) -> Int {
    let context = base.configuration.contextLength
    let room = context - plan.tokens.count
    // An empty prompt would leave the model nothing to start from.
    guard !plan.tokens.isEmpty, room > 0 else {
      throw .seedTooLong(tokens: plan.tokens.count, context: context)
    }
    let prefix = base.tokenizer.prefixIDs.count
    if let special = plan.tokens.dropFirst(prefix).first(where: { base.tokenizer.isSpecial($0) }) {
      throw .specialToken(base.tokenizer.decode([special]))
    }
    // English prose takes about four tokens for three words, the more the smaller the vocabulary; three for two
    // leaves a margin.
    let largest = room * 2 / 3
    if let words = request.seed.length, words > largest {
      throw .lengthBeyondContext(words: words, largest: largest, context: context)
    }
    if let tokens = request.maxTokens {
      guard tokens <= room else { throw .limitBeyondContext(tokens: tokens, room: room, context: context) }
      return tokens
    }
    return min(plan.tokenLimit, room)
  }
}
