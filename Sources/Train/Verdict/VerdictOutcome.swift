import Files
import Foundation
import Model

/// What judging an adapter gave.
public struct VerdictOutcome: Sendable {
  /// How it was asked for.
  public let run: VerdictRun
  /// The held-out pieces.
  public let pieces: [HeldOutPiece]
  /// Those that drafts were written for, as places among the pieces.
  public let places: [Int]
  /// Every system, in the order of tables.
  public let systems: [SystemResult]
  /// The adapter against the prompted base.
  public let effects: [Effect]
  /// The gain in bits per byte on this writer less that on others; nil without others.
  public let specificity: Specificity?
  /// The voice panel: what it compares, and how well each metric tells the writer from others.
  public let panel: VoicePanel
  /// From what on a draft counts as copied.
  public let copyingLimit: CopyingLimit
  /// The verdict.
  public let decision: VerdictDecision
  /// What should be known beside it, a sentence each.
  public let notes: [String]
  /// The archives.
  public let archives: [String]
  /// The most tokens of a prompt and what follows.
  public let window: Int
  /// When it was made.
  public let date: Date
  /// The adapter's `run.json`, where it has one.
  let record: JSONValue?
  /// The fingerprint of the base.
  let baseFingerprint: Fingerprint

  init(
    _ run: VerdictRun, data: VerdictData, places: [Int], losses: [ComparedSystem: [DocumentLoss]],
    others: (base: [DocumentLoss], adapter: [DocumentLoss])?,
    drafts: [ComparedSystem: [[SystemDraft]]], order: [ComparedSystem], record: JSONValue?, window: Int,
    base: Fingerprint
  ) {
    let training = data.training.compactMap { HeldOutPiece($0, mostWords: .max) }
    let index = CopyingIndex(training.map(\.text))
    let limit = CopyingLimit(heldOut: data.pieces.map(\.text), index: index)
    let kinds = KindProfile(training.compactMap { piece in piece.seed.kind.map { ($0, piece.text) } })
    let judged = drafts.mapValues { drafts in
      zip(places, drafts).map { place, samples in
        samples.map { draft in
          let (title, body) = draft.titleAndBody
          let copying = index.copying(in: body)
          return JudgedDraft(
            draft: draft.priced(run.pricePerHour),
            adherence: Adherence(
              body, title: title, seed: data.pieces[place].seed, endsByItself: draft.endedByItself,
              kinds: kinds),
            copying: copying, isCopied: limit.flags(copying))
        }
      }
    }
    func bodies(_ system: ComparedSystem) -> [[String]] {
      (drafts[system] ?? []).map { $0.map(\.titleAndBody.body) }
    }
    panel = VoicePanel(
      writer: training.map(\.text),
      against: data.others.isEmpty
        ? .base(bodies(.base).flatMap(\.self))
        : .writers(data.others.map { $0.compactMap { HeldOutPiece($0.row, mostWords: .max)?.text } }),
      seed: run.seed)
    let compared = order.filter { $0 != .base }
    let scores = VoiceComparison(panel, base: bodies(.base), systems: compared.map(bodies)).scores
    let voices = Dictionary(uniqueKeysWithValues: zip(compared, scores))
    systems = order.map { system in
      SystemResult(
        system: system, losses: losses[system], drafts: judged[system] ?? [], voice: voices[system])
    }
    effects = Self.effects(
      adapter: systems[2], prompted: systems[1],
      voices: VoiceComparison(
        panel, base: bodies(.base), systems: [bodies(.adapter), bodies(.promptedBase)]), seed: run.seed)
    specificity = others.flatMap { others in
      guard let own = losses[.base], let adapted = losses[.adapter] else { return nil }
      return Specificity(
        own: (own, adapted), others: others, writers: data.others.map(\.count), seed: run.seed)
    }
    decision = VerdictDecision(effects, pieces: data.pieces.count, drafted: places.count)
    copyingLimit = limit
    pieces = data.pieces
    notes = data.notes
    archives = data.archives
    baseFingerprint = base
    date = .now
    self.run = run
    self.places = places
    self.window = window
    self.record = record
  }

  /// The adapter against the prompted base in every measure that both have.
  private static func effects(
    adapter: SystemResult, prompted: SystemResult, voices: VoiceComparison, seed: UInt64
  ) -> [Effect] {
    typealias Pair = (adapter: Double, prompted: Double)
    var values: [(measure: Effect.Measure, pieces: Int, values: ([Int]) -> Pair)] = []
    let drafted = adapter.drafts.count
    if let own = adapter.losses, let theirs = prompted.losses {
      values.append(
        (.bitsPerByte, own.count, { (own.drawing($0).bitsPerByte, theirs.drawing($0).bitsPerByte) }))
    }
    if voices.scores.allSatisfy({ $0.median != nil }) {
      values.append(
        (
          .voice, drafted,
          { counts in
            let scores = voices.scores(
              drawing: counts.indices.flatMap { repeatElement($0, count: counts[$0]) })
            return (scores[0].median ?? .nan, scores[1].median ?? .nan)
          }
        ))
    }
    if let own = adapter.latencies, let theirs = prompted.latencies {
      let (own, theirs) = (PieceValues(own), PieceValues(theirs))
      values.append(
        (
          .p95Latency, drafted,
          { (own.percentile(95, drawing: $0), theirs.percentile(95, drawing: $0)) }
        ))
    }
    func mean(_ measure: Effect.Measure, _ value: (JudgedDraft) -> Double) {
      let (own, theirs) = (adapter.drafts.map { $0.map(value) }, prompted.drafts.map { $0.map(value) })
      values.append((measure, drafted, { (own.mean(drawing: $0), theirs.mean(drawing: $0)) }))
    }
    if adapter.costPerDraft != nil, prompted.costPerDraft != nil { mean(.cost) { $0.draft.cost ?? 0 } }
    mean(.adherence, \.adherence.score)
    mean(.copying) { $0.isCopied ? 1 : 0 }
    let candidates = values.count { $0.measure.canWin }
    return values.map {
      Effect($0.measure, pieces: $0.pieces, candidates: candidates, seed: seed, values: $0.values)
    }
  }
}

/// How much more an adapter helps on its writer's text than on others': above zero it has learned this voice, and not
/// only better English.
///
/// (bits per byte of the base − of the adapter) on the writer's held-out pieces, less the same on other writers'.
public struct Specificity: Equatable, Sendable {
  /// What the adapter saves on the writer's pieces.
  public let own: Double
  /// What it saves on the others'.
  public let others: Double
  /// The 95 % interval of own − others, with each writer's pieces drawn by themselves.
  public let interval: Interval

  /// own − others.
  public var difference: Double { own - others }

  init(
    own: (base: [DocumentLoss], adapter: [DocumentLoss]),
    others: (base: [DocumentLoss], adapter: [DocumentLoss]), writers: [Int], seed: UInt64
  ) {
    let pieces = own.base.count
    func saved(_ losses: (base: [DocumentLoss], adapter: [DocumentLoss]), _ counts: some Collection<Int>)
      -> Double
    {
      let counts = Array(counts)
      return losses.base.drawing(counts).bitsPerByte - losses.adapter.drawing(counts).bitsPerByte
    }
    self.own = own.base.total.bitsPerByte - own.adapter.total.bitsPerByte
    self.others = others.base.total.bitsPerByte - others.adapter.total.bitsPerByte
    interval = ClusterBootstrap(strata: [pieces] + writers, seed: seed) {
      saved(own, $0.prefix(pieces)) - saved(others, $0.dropFirst(pieces))
    }.interval(alpha: Effect.alpha)
  }
}

extension Collection where Element == DocumentLoss, Index == Int {
  /// The sum with each document as often as it was drawn.
  func drawing(_ counts: [Int]) -> DocumentLoss {
    var sum = DocumentLoss()
    for (loss, count) in zip(self, counts) where count > 0 {
      sum.nats += Double(count) * loss.nats
      sum.tokens += count * loss.tokens
      sum.bytes += count * loss.bytes
    }
    return sum
  }
}

extension [[Double]] {
  /// The mean of all values, those of a piece as often as it was drawn.
  func mean(drawing counts: [Int]) -> Double {
    var (sum, number) = (0.0, 0)
    for (values, count) in zip(self, counts) where count > 0 {
      sum += Double(count) * values.reduce(0, +)
      number += count * values.count
    }
    return sum / Double(number)
  }
}

extension SystemDraft {
  /// The draft with what its time costs, unless its cost is known.
  func priced(_ pricePerHour: Double?) -> SystemDraft {
    SystemDraft(
      text: text, latencyMilliseconds: latencyMilliseconds,
      cost: cost ?? latencyMilliseconds.flatMap { time in pricePerHour.map { $0 * time / 3_600_000 } },
      endedByItself: endedByItself)
  }
}
