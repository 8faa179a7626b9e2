import Files

/// What the gate found, as lines and as JSON.
public struct GateReport: Sendable {
  private let casesPath: String
  private let cases: [GateCase]
  private let scores: [GateScore]
  private let examples: GateDecision.Examples?
  private let decision: GateDecision

  /// The cases that are named of those that failed a check.
  private static let namedCases = 6

  /// Makes a report.
  ///
  /// - Parameter casesPath: the file of the cases.
  public init(
    casesPath: String, cases: [GateCase], scores: [GateScore], examples: GateDecision.Examples?,
    decision: GateDecision
  ) {
    self.casesPath = casesPath
    self.cases = cases
    self.scores = scores
    self.examples = examples
    self.decision = decision
  }

  /// What to do; nil where there is too little to tell.
  public var outcome: GateDecision.Outcome? { decision.outcome }

  /// The table of systems, the baseline's failures, and the outcome with its reasons.
  public func lines(style: TextStyle = .plain) -> [String] {
    let checks = cases.reduce(0) { $0 + $1.checks.count }
    var lines = [
      "\(NumberText.counted(cases.count, "case")) with \(NumberText.counted(checks, "check")) from \(casesPath)"
    ]
    if let examples {
      lines.append(
        "\(NumberText.counted(examples.count, "different example")) to train on, \(examples.edits) of them edits"
      )
    }
    lines += [""] + table(style)
    if let baseline = decision.baseline, !baseline.failures.isEmpty {
      lines += ["", "Failures of \(baseline.system.name), the best prompted system"]
      for failure in baseline.failures {
        let others = failure.cases.count - GateReport.namedCases
        lines.append(
          "\(failure.check.padded(to: 14))\(NumberText.grouped(failure.cases.count).leftPadded(to: 6))  "
            + failure.cases.prefix(GateReport.namedCases).joined(separator: ", ")
            + (others > 0 ? " and \(others) more" : ""))
      }
    }
    lines += ["", style.bold(decision.outcome?.rawValue ?? "not enough evidence")]
    return lines + (decision.reasons + decision.toCollect).map { "- \($0)" }
  }

  private func table(_ style: TextStyle) -> [String] {
    let width = max(8, scores.map(\.system.name.count).max() ?? 0) + 2
    func row(_ name: String, _ cells: [String]) -> String {
      name.padded(to: width) + zip(cells, [11, 8, 18, 11, 11, 13]).map { $0.0.leftPadded(to: $0.1) }.joined()
    }
    let header = row("system", ["passed", "rate", "95 % interval", "p50", "p95", "cost a call"])
    return [style.dim(header)]
      + scores.map { score in
        row(
          score.system.name,
          [
            "\(score.passes) of \(score.cases)", NumberText.fixed(score.rate, 3),
            "\(NumberText.fixed(score.interval.lower, 3)) to \(NumberText.fixed(score.interval.upper, 3))",
            score.latency.map { GateText.milliseconds($0.p50) } ?? "–",
            score.latency.map { GateText.milliseconds($0.p95) } ?? "–",
            score.costPerCall.map { GateText.cost($0) } ?? "–",
          ])
      }
  }

  /// The same as one object.
  public var json: JSONValue {
    var json = JSONObject()
    json.append("outcome", decision.outcome.map { .string($0.rawValue) } ?? .null)
    json.append("reasons", .array(decision.reasons.map { .string($0) }))
    json.append("to_collect", .array(decision.toCollect.map { .string($0) }))
    json.append("baseline", decision.baseline.map { .string($0.system.name) } ?? .null)
    json.append("break_even_calls", decision.breakEvenCalls.map { .number($0) } ?? .null)
    json.append("cases", .integer(Int64(cases.count)))
    if let examples {
      json.append("examples", .integer(Int64(examples.count)))
      json.append("edits", .integer(Int64(examples.edits)))
    }
    json.append("systems", .array(scores.map(GateReport.json)))
    return .object(json)
  }

  private static func json(_ score: GateScore) -> JSONValue {
    [
      "name": .string(score.system.name), "passes": .integer(Int64(score.passes)),
      "rate": .number(score.rate),
      "interval": ["lower": .number(score.interval.lower), "upper": .number(score.interval.upper)],
      "p50_ms": score.latency.map { .number($0.p50) } ?? .null,
      "p95_ms": score.latency.map { .number($0.p95) } ?? .null,
      "cost_per_call": score.costPerCall.map { .number($0) } ?? .null,
      "fact_failures": .integer(Int64(score.factFailures)),
      "failures": .array(
        score.failures.map {
          ["check": .string($0.check), "cases": .array($0.cases.map { .string($0) })]
        }),
    ]
  }
}
