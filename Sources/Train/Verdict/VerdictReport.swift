import Files
import Foundation

/// A verdict as lines and as JSON.
public struct VerdictReport: Sendable {
  private let outcome: VerdictOutcome

  /// Makes a report.
  public init(_ outcome: VerdictOutcome) { self.outcome = outcome }

  // MARK: Lines

  /// The systems, the adapter against the prompted base, and the verdict with its reason.
  public func lines(style: TextStyle = .plain) -> [String] {
    let drafted = NumberText.counted(outcome.places.count, "piece")
    var lines = [
      "\(NumberText.counted(outcome.pieces.count, "held-out piece")) scored;"
        + " \(NumberText.counted(outcome.run.samples, "draft")) of \(drafted) by each system", "",
    ]
    lines += systemLines(style) + [""] + effectLines(style) + [""]
    if let specificity = outcome.specificity {
      let (lower, upper) = (signed(specificity.interval.lower), signed(specificity.interval.upper))
      lines.append(
        "specificity: saves \(signed(specificity.own)) bits per byte on this writer and \(signed(specificity.others)) on"
          + " others; \(signed(specificity.difference)) more (\(lower) to \(upper))")
    }
    lines.append(voiceLine)
    lines += outcome.notes.map { "note: \($0)" }
    let decision = outcome.decision
    let tint = decision.verdict == .keep ? style.green : style.yellow
    return (lines + [""]).map(\.withoutControlCharacters)
      + "\(decision.verdict.rawValue): \(decision.reason)".wrapped(width: 100).map(tint)
  }

  private var voiceLine: String {
    let muted = VoiceMetric.allCases.filter { !outcome.panel.metrics.contains($0) }.map(\.name)
    guard outcome.panel.separation != nil else {
      return "voice: no others' text given (--others), so no metric could be muted"
    }
    return muted.isEmpty
      ? "voice: every metric tells this writer from the others"
      : "voice: muted, since they do not tell this writer from the others: \(muted.joined(separator: ", "))"
  }

  private func systemLines(_ style: TextStyle) -> [String] {
    let width = max(18, outcome.systems.map(\.system.name.count).max() ?? 0) + 2
    func row(_ name: String, _ cells: [String]) -> String {
      name.padded(to: width)
        + zip(cells, [9, 7, 9, 8, 9, 9, 10]).map { $0.leftPadded(to: $1) }.joined(separator: "  ")
    }
    let heads = ["bits/byte", "voice", "adherence", "copied", "p50", "p95", "cost/1,000"]
    return [style.dim(row("", heads))]
      + outcome.systems.map { system in
        row(
          system.system.name,
          [
            system.bitsPerByte.map { NumberText.fixed($0, 3) } ?? "–", voice(of: system),
            NumberText.fixed(system.adherence, 2), "\(system.copiedCount)/\(system.allDrafts.count)",
            system.latency.map { GateText.milliseconds($0.p50) } ?? "–",
            system.latency.map { GateText.milliseconds($0.p95) } ?? "–",
            system.costPerDraft.map(EffectText.cost) ?? "–",
          ])
      }
  }

  private func voice(of system: SystemResult) -> String {
    if system.system == .base { return "0.00" }
    return system.voice?.median.map { NumberText.fixed($0, 2) } ?? "–"
  }

  private func effectLines(_ style: TextStyle) -> [String] {
    func row(_ cells: [String]) -> String {
      cells[0].padded(to: 22) + cells[1].leftPadded(to: 10) + "  " + cells[2].leftPadded(to: 22) + "  "
        + cells[3].leftPadded(to: 10) + "  " + cells[4]
    }
    return [style.dim(row(["adapter less prompted", "better by", "95 % interval", "could show", ""]))]
      + outcome.effects.map { effect in
        row([
          EffectText.name(effect), EffectText.sized(effect.difference, effect),
          EffectText.range(effect.interval, effect), EffectText.number(effect.detectable, effect.measure),
          effect.isWin
            ? "wins" : effect.mayBeWorse ? "may be worse" : effect.margin == nil ? "" : "not worse",
        ])
      }
  }

  private func signed(_ value: Double) -> String { NumberText.signed(value, 3) }

  // MARK: JSON

  /// Everything as one object; with `drafts` each draft too.
  public func json(drafts: Bool) -> JSONValue {
    var json = JSONObject()
    json.append("format", 1)
    json.append("verdict", .string(outcome.decision.verdict.rawValue))
    json.append("reason", .string(outcome.decision.reason))
    json.append("evaluated_at", .string(outcome.date.formatted(.iso8601)))
    for (key, value) in provenance { json.append(key, value) }
    json.append("systems", .array(outcome.systems.map { system($0, drafts: drafts) }))
    json.append("effects", .array(outcome.effects.map(effect)))
    json.append(
      "specificity",
      outcome.specificity.map {
        [
          "own": .number($0.own), "others": .number($0.others), "difference": .number($0.difference),
          "interval": interval($0.interval),
        ]
      } ?? .null)
    json.append("voice_panel", panel)
    json.append(
      "copying_limit",
      [
        "run": .integer(Int64(outcome.copyingLimit.run)),
        "containment": .number(outcome.copyingLimit.containment),
      ])
    json.append("notes", .array(outcome.notes.map { .string($0) }))
    return .object(json)
  }

  private var provenance: [(String, JSONValue)] {
    let run = outcome.run
    let ids = outcome.pieces.map(\.id)
    return [
      ("evaluation_sha256", .string(outcome.evaluationFingerprint.hex)),
      ("adapter", .string(run.adapterPath)), ("base", .string(run.basePath)),
      ("base_sha256", .string(outcome.baseFingerprint.hex)),
      ("archives", .array(outcome.archives.map { .string($0) })),
      ("held_out", .array(ids.map { .string($0) })), ("pieces", .integer(Int64(ids.count))),
      ("drafted", .array(outcome.places.map { .string(ids[$0]) })),
      ("samples", .integer(Int64(run.samples))), ("seed", .string("\(run.seed)")),
      ("window", .integer(Int64(outcome.window))), ("temperature", .number(Double(run.sampling.temperature))),
      ("top_p", .number(Double(run.sampling.topP))),
      ("price_per_hour", run.pricePerHour.map { .number($0) } ?? .null),
      ("others", .array(run.others.map { .string($0) })),
    ]
  }

  private func system(_ system: SystemResult, drafts: Bool) -> JSONValue {
    var json = JSONObject()
    json.append("name", .string(system.system.name))
    json.append("held_out", system.losses.map { ScoreJSON.scores($0.total) } ?? .null)
    json.append("voice", system.system == .base ? 0 : number(system.voice?.median))
    json.append("voice_metrics", voiceMetrics(system.voice))
    json.append("adherence", .number(system.adherence))
    json.append("length_error", number(system.lengthError))
    json.append("topic_coverage", number(system.topicCoverage))
    json.append("fits_kind", number(system.kindShare))
    json.append("drafts", .integer(Int64(system.allDrafts.count)))
    json.append("ended", .integer(Int64(system.endedCount)))
    json.append("copied", .integer(Int64(system.copiedCount)))
    json.append("longest_run", .integer(Int64(system.longestRun)))
    json.append("containment", .number(system.containment))
    json.append("p50_ms", number(system.latency?.p50))
    json.append("p95_ms", number(system.latency?.p95))
    json.append("cost_per_draft", number(system.costPerDraft))
    if drafts {
      json.append(
        "texts",
        .array(
          zip(outcome.places, system.drafts).flatMap { place, samples in
            samples.enumerated().map { draft($1, id: outcome.pieces[place].id, sample: $0) }
          }))
    }
    return .object(json)
  }

  private func draft(_ draft: JudgedDraft, id: String, sample: Int) -> JSONValue {
    [
      "id": .string(id), "sample": .integer(Int64(sample)), "output": .string(draft.draft.text),
      "latency_ms": number(draft.draft.latencyMilliseconds), "cost": number(draft.draft.cost),
      "ended": .bool(draft.adherence.endsByItself), "adherence": .number(draft.adherence.score),
      "longest_run": .integer(Int64(draft.copying.longestRun.count)),
      "containment": .number(draft.copying.containment), "copied": .bool(draft.isCopied),
    ]
  }

  private func effect(_ effect: Effect) -> JSONValue {
    [
      "measure": .string(effect.measure.rawValue), "adapter": number(effect.adapter),
      "prompted": number(effect.prompted), "difference": number(effect.difference),
      "interval": interval(effect.interval), "win_interval": interval(effect.winInterval),
      "detectable": number(effect.detectable), "margin": number(effect.margin),
      "pieces": .integer(Int64(effect.pieces)), "wins": .bool(effect.isWin),
      "may_be_worse": .bool(effect.mayBeWorse),
    ]
  }

  private var panel: JSONValue {
    var areas = JSONObject()
    for metric in VoiceMetric.allCases {
      areas.append(metric.rawValue, number(outcome.panel.separation?.areas[metric]))
    }
    return [
      "metrics": .array(outcome.panel.metrics.map { .string($0.rawValue) }), "areas": .object(areas),
    ]
  }

  private func voiceMetrics(_ voice: VoiceScore?) -> JSONValue {
    var json = JSONObject()
    for metric in VoiceMetric.allCases {
      if let score = voice?.metrics[metric] { json.append(metric.rawValue, number(score)) }
    }
    return .object(json)
  }

  private func interval(_ interval: Interval) -> JSONValue {
    [number(interval.lower), number(interval.upper)]
  }

  /// A number where it is one: JSON has no infinity.
  private func number(_ value: Double?) -> JSONValue {
    value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null
  }
}
