import Files
import Foundation
import Model
import Tensor

/// The base and the adapter, each alone and with pieces of the training side in its prompt: scored and drafting.
///
/// The window is shared fairly: half of it at the most is for the piece or the draft, so that examples have room in
/// the other half. Of a held-out post that is longer, its opening is scored, the same tokens by every system.
struct LocalSystems {
  private let base: BaseModel
  private let adapter: LoRAAdapter
  private let data: VerdictData
  private let window: Int
  private let dtype: DType
  private let pool: ThreadPool
  private let prompts: FewShotPrompt

  init(
    base: BaseModel, adapter: LoRAAdapter, data: VerdictData, window: Int, dtype: DType, pool: ThreadPool
  ) {
    self.base = base
    self.adapter = adapter
    self.data = data
    self.window = window
    self.dtype = dtype
    self.pool = pool
    prompts = FewShotPrompt(base: base, rows: data.training, limit: .max)
  }

  /// The most words that a draft is asked for: those that it has room for in half of the window.
  static func mostWords(window: Int) -> Int { max(10, DraftPrompt.mostWords(tokens: window / 2) / 10 * 10) }

  private func decoder(_ system: ComparedSystem) -> Decoder {
    base.decoder(
      adapter: system.usesAdapter ? adapter : nil, dtype: dtype, maxPositions: window, pool: pool)
  }

  // MARK: Scoring

  /// The loss of every held-out piece by each local system.
  func losses(
    onScored: (ComparedSystem, [DocumentLoss]) -> Void
  ) -> [ComparedSystem: [DocumentLoss]] {
    var losses: [ComparedSystem: [DocumentLoss]] = [:]
    for shows in [false, true] {
      let examples = data.openings.indices.map { example(data.openings[$0], document: $0, shows: shows) }
      for system in ComparedSystem.local where system.showsPieces == shows {
        losses[system] = score(examples, of: data.openings, system)
        onScored(system, losses[system] ?? [])
      }
    }
    return losses
  }

  /// The losses of other writers' texts by base and adapter, without examples.
  func othersLosses() -> (base: [DocumentLoss], adapter: [DocumentLoss]) {
    let openings = data.others.flatMap(\.self)
    let examples = openings.indices.map { example(openings[$0], document: $0, shows: false) }
    return (score(examples, of: openings, .base), score(examples, of: openings, .adapter))
  }

  private func score(
    _ examples: [TrainingExample], of openings: [ScoredOpening], _ system: ComparedSystem
  ) -> [DocumentLoss] {
    let evaluation = RowEvaluation(examples, learnedBytes: openings.map(\.bytes), tokenBudget: window)
    // An engine of its own for each: one that is laid out for the base alone has no room for an adapter's updates.
    let engine = TrainingEngine(
      decoder(system), optimizer: nil, capacity: evaluation.capacity, recomputesLayers: false)
    return evaluation.losses(engine)
  }

  /// An opening behind its prompt and, with `shows`, as many examples as the window has room for.
  private func example(_ opening: ScoredOpening, document: Int, shows: Bool) -> TrainingExample {
    var shown = FewShotPrompt.Shown(tokens: [], count: 0)
    if shows, let seed = opening.row.seed {
      shown = prompts.examples(for: seed, room: window - opening.tokens.count, cuts: true)
    }
    let tokens = shown.before(opening.tokens, prefix: base.tokenizer.prefixIDs)
    return TrainingExample(
      tokens: tokens, labelled: [opening.start + shown.tokens.count..<tokens.count], document: document)
  }

  // MARK: Drafting

  /// The drafts of each local system for the pieces at `places`: a list of samples for each.
  ///
  /// Systems take turns at each draft, so that a slower hour of the machine falls on all of them.
  ///
  /// - Parameter store: keeps each draft as it is done, and has those of a run that was broken off.
  func drafts(
    _ run: VerdictRun, of places: [Int], store: DraftStore, onDraft: (Int, Int) -> Void
  ) throws -> [ComparedSystem: [[SystemDraft]]] {
    let generators = ComparedSystem.local.filter { !$0.showsPieces }.map {
      TextGenerator(decoder($0), capacity: window)
    }
    let count = places.count * run.samples * ComparedSystem.local.count
    var done = 0
    var drafts: [ComparedSystem: [[SystemDraft]]] = [:]
    for place in places {
      let plans = [false, true].map { plan(data.pieces[place].seed, shows: $0) }
      var samples: [ComparedSystem: [SystemDraft]] = [:]
      for sample in 0..<run.samples {
        for system in ComparedSystem.local {
          let key = DraftStore.Key(piece: data.pieces[place].id, system: system.name, sample: sample)
          let draft =
            try store[key]
            ?? store.add(
              write(
                plans[system.showsPieces ? 1 : 0], generators[system.usesAdapter ? 1 : 0], run, sample: sample
              ), for: key)
          samples[system, default: []].append(draft)
          done += 1
          onDraft(done, count)
        }
      }
      for (system, written) in samples { drafts[system, default: []].append(written) }
    }
    return drafts
  }

  /// The prompt of a seed, cut to half the window where it is longer, and the new tokens that there is room for.
  private func plan(_ seed: Seed, shows: Bool) -> FewShotPrompt.Plan {
    let prompt = DraftPrompt(for: seed, base: base)
    let question = Array(prompt.tokens.prefix(window / 2))
    let limit = min(prompt.tokenLimit, window / 2)
    guard shows else { return FewShotPrompt.Plan(tokens: question, tokenLimit: limit, examples: 0) }
    let shown = prompts.examples(for: seed, room: window - question.count - limit, cuts: true)
    return FewShotPrompt.Plan(
      tokens: shown.before(question, prefix: base.tokenizer.prefixIDs), tokenLimit: limit,
      examples: shown.count)
  }

  private func write(
    _ plan: FewShotPrompt.Plan, _ generator: TextGenerator, _ run: VerdictRun, sample: Int
  ) throws(GenerationError) -> SystemDraft {
    let result = try generator.generate(
      prompt: plan.tokens, maxTokens: plan.tokenLimit, sampling: run.sampling,
      seed: run.seed &+ UInt64(sample), isBlank: base.tokenizer.isBlank)
    return SystemDraft(
      text: base.tokenizer.decode(result.tokens, skipSpecialTokens: true),
      latencyMilliseconds: 1000 * (result.prefillSeconds + result.decodeSeconds), cost: nil,
      endedByItself: result.ending == .endOfText)
  }

  /// What decides the drafts and their times: a store of other ones is of no use.
  ///
  /// - Parameter base: the fingerprint of the base.
  func fingerprint(_ run: VerdictRun, base: Fingerprint) throws -> Fingerprint {
    let parts =
      [
        base.hex,
        try Fingerprint(contentsOf: "\(run.adapterPath)/\(AdapterFolder.weightsName)").hex,
        "\(window) \(run.seed) \(run.sampling) \(run.compute.resolved.rawValue) \(dtype)"
          + " \(run.quantization?.rawValue ?? "as stored") \(pool.threadCount)",
      ] + (try data.archives.map { try Fingerprint(contentsOf: $0).hex })
      + data.pieces.map { "\($0.id) \($0.seed)" }
    return Fingerprint(of: Array(parts.joined(separator: "\n").utf8))
  }
}
