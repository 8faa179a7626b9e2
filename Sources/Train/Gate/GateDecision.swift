/// Whether a fine-tune should be made at all, and why.
public struct GateDecision: Equatable, Sendable {
  /// What to do.
  public enum Outcome: String, Equatable, Sendable {
    /// Ship the prompt: it is good enough, or a fine-tune would not pay.
    case skip
    /// Mend what the system is given: it fails for want of facts, or of almost everything.
    case fixUpstream = "fix upstream"
    /// Make the prompt better first: it has room.
    case compileFirst = "compile first"
    /// Train.
    case fineTune = "fine-tune"
  }

  /// What is known of the rows that a fine-tune would learn from.
  public struct Examples: Equatable, Sendable {
    /// The different pieces; copies of one count once.
    public let count: Int
    /// Those that are edits.
    public let edits: Int

    /// Makes the counts.
    public init(count: Int, edits: Int) {
      self.count = count
      self.edits = edits
    }

    /// Counts the rows of an archive.
    public init(_ archive: Archive) {
      let rows = archive.rows
      let pieces = Set(DuplicateGroups(rows.map(\.documentTexts)).representatives)
      count = pieces.count
      edits = pieces.count { rows[$0].kind == .edit }
    }
  }

  /// What to do; nil where there is too little to tell.
  public private(set) var outcome: Outcome?
  /// Why, a sentence each.
  public private(set) var reasons: [String] = []
  /// What is to be collected before the gate can say more, a sentence each.
  public private(set) var toCollect: [String] = []
  /// The best system that is not fine-tuned.
  public let baseline: GateScore?
  /// The calls after which the set-up is paid for; nil where that is not known or never so.
  public private(set) var breakEvenCalls: Double?

  /// Decides.
  ///
  /// - Parameters:
  ///   - scores: the systems, all on the same cases.
  ///   - examples: what there is to train on; nil where that was not said.
  public init(
    _ scores: [GateScore], examples: Examples?, economics: GateEconomics?, thresholds: GateThresholds
  ) {
    baseline = scores.filter { $0.system.role != .adapter }.max { ($0.rate) < ($1.rate) }
    guard let baseline else {
      toCollect.append("Add the outputs of a prompted system: --run base and --run few-shot make them.")
      return
    }
    decide(baseline, scores, examples, economics, thresholds)
  }

  private mutating func decide(
    _ baseline: GateScore, _ scores: [GateScore], _ examples: Examples?, _ economics: GateEconomics?,
    _ thresholds: GateThresholds
  ) {
    let name = baseline.system.name
    let rate = GateText.rate(baseline)
    collectFigures(of: baseline, economics, thresholds)
    let pays = judgeVolume(baseline, scores, economics)
    if pays == false { return }

    if baseline.cases < thresholds.minCases {
      toCollect.append(
        "Write \(NumberText.counted(thresholds.minCases - baseline.cases, "more case")): \(baseline.cases) say"
          + " too little, \(thresholds.minCases) are the fewest that the gate decides on.")
    }
    if let examples, examples.count < thresholds.minExamples {
      toCollect.append(
        "Collect \(NumberText.counted(thresholds.minExamples - examples.count, "more example")): a fine-tune"
          + " needs \(thresholds.minExamples) different ones, and there are \(examples.count).")
    }
    guard baseline.cases >= thresholds.minCases else { return }

    if baseline.rate > thresholds.skipAbove {
      conclude(.skip, "\(name) passes \(rate), above \(thresholds.skipAbove): ship the prompt.")
      return
    }
    if baseline.rate < thresholds.fixBelow {
      conclude(
        .fixUpstream,
        "\(name) passes \(rate), under \(thresholds.fixBelow): what it is given or asked is wrong, not its style."
      )
      return
    }
    let failed = baseline.failedCases
    if failed > 0, Double(baseline.factFailures) / Double(failed) > thresholds.factShare {
      conclude(
        .fixUpstream,
        "\(baseline.factFailures) of the \(failed) failed cases miss a fact: put the facts into the prompt;"
          + " training would teach the model to make them up fluently.")
      return
    }
    if let room = GateDecision.roomInPrompt(scores, climb: thresholds.climb) {
      conclude(.compileFirst, room)
      return
    }
    judgeTraining(baseline, examples, pays: economics == nil ? false : pays, thresholds)
  }

  /// Asks for the figures that a plan or a limit is to be held against, where outputs lack them.
  private mutating func collectFigures(
    of baseline: GateScore, _ economics: GateEconomics?, _ thresholds: GateThresholds
  ) {
    let name = baseline.system.name
    if economics != nil, baseline.costPerCall == nil {
      toCollect.append(
        "Give what a call of \(name) costs, as cost in each of its outputs or with --price-per-hour where --run makes"
          + " them: without it --setup-cost says nothing.")
    }
    if thresholds.maxLatencyMilliseconds != nil, baseline.latency == nil {
      toCollect.append(
        "Give latency_ms in each output of \(name): without it --max-latency-ms says nothing.")
    }
  }

  /// Whether the set-up is paid for in the time given; nil where that is not known. False concludes.
  private mutating func judgeVolume(
    _ baseline: GateScore, _ scores: [GateScore], _ economics: GateEconomics?
  ) -> Bool? {
    guard let economics, let cost = baseline.costPerCall else { return nil }
    let adapterCost = scores.first { $0.system.role == .adapter }?.costPerCall
    // Before an adapter is measured, its calls are taken to be free: a plan that fails even so fails.
    breakEvenCalls = economics.breakEven(savingPerCall: cost - (adapterCost ?? 0))
    guard let breakEvenCalls else {
      conclude(.skip, "a call saves nothing, so that the set-up cost is never paid for.")
      return false
    }
    let assumption = adapterCost == nil ? ", were the adapter's calls free" : ""
    let sentence =
      "the set-up cost is paid for after \(GateText.calls(breakEvenCalls)) calls\(assumption);"
      + " \(GateText.calls(economics.calls)) are planned."
    guard breakEvenCalls <= economics.calls else {
      conclude(.skip, sentence)
      return false
    }
    reasons.append(sentence)
    return true
  }

  /// Why the prompt could still be made better; nil where it could not.
  private static func roomInPrompt(_ scores: [GateScore], climb: Double) -> String? {
    func shots(_ score: GateScore) -> Int? {
      switch score.system.role {
      case .base: 0
      case .fewShot(let examples): examples ?? .max
      case .adapter, .other: nil
      }
    }
    let path = scores.compactMap { score in shots(score).map { (shots: $0, score: score) } }
      .sorted { $0.shots < $1.shots }
    guard let last = path.last, last.shots > 0 else {
      return "no prompt with examples was tried: --run few-shot does."
    }
    // As many as fit is the end of the path.
    guard last.shots < .max, let before = path.dropLast().last else { return nil }
    let gain = last.score.rate - before.score.rate
    guard gain >= climb else { return nil }
    return
      "\(last.score.system.name) passes \(NumberText.fixed(gain, 3)) more than \(before.score.system.name):"
      + " the prompt is still climbing with more examples."
  }

  /// Whether there is a gap to close, enough to close it with, and a reason that a prompt does not meet.
  ///
  /// - Parameter pays: whether a plan pays for the set-up; nil where there is one of which that is not known.
  private mutating func judgeTraining(
    _ baseline: GateScore, _ examples: Examples?, pays: Bool?, _ thresholds: GateThresholds
  ) {
    let upper = baseline.interval.upper
    if upper >= thresholds.skipAbove {
      let needed = GateDecision.casesToShowGap(at: baseline.rate, below: thresholds.skipAbove)
      toCollect.append(
        "Write more cases: the interval of \(baseline.system.name) reaches \(NumberText.fixed(upper, 3)), so that no gap"
          + " to \(thresholds.skipAbove) is measured"
          + (needed.map { "; \(NumberText.grouped($0)) would show one at this rate." } ?? "."))
    }
    guard let examples else {
      toCollect.append("Give what there is to train on with --data.")
      return
    }
    guard examples.count >= thresholds.minExamples, upper < thresholds.skipAbove, let pays else { return }

    var advantages: [String] = []
    if let limit = thresholds.maxLatencyMilliseconds, let latency = baseline.latency, latency.p95 > limit {
      advantages.append(
        "latency: p95 is \(GateText.milliseconds(latency.p95)), above \(GateText.milliseconds(limit)).")
    }
    let formFailures = baseline.failedCases - baseline.factFailures
    if Double(formFailures) >= thresholds.formShare * Double(baseline.failedCases), formFailures > 0 {
      advantages.append(
        "format: \(formFailures) of the \(baseline.failedCases) failed cases fail in form alone.")
    }
    if pays { advantages.append("volume: the plan pays for the set-up.") }
    if examples.edits >= thresholds.minEdits {
      advantages.append("labels from operation: \(NumberText.counted(examples.edits, "edit")).")
    }
    guard !advantages.isEmpty else {
      // A latency that nobody measured may be too long.
      if thresholds.maxLatencyMilliseconds != nil, baseline.latency == nil { return }
      conclude(
        .skip,
        "a gap remains, but none of latency, format, volume and labels from operation asks for training.")
      return
    }
    conclude(
      .fineTune,
      "\(baseline.system.name) passes \(GateText.rate(baseline)), and better prompts do not close the gap to"
        + " \(thresholds.skipAbove).")
    reasons += advantages
    reasons.append("\(NumberText.counted(examples.count, "different example")) to learn from.")
  }

  private mutating func conclude(_ outcome: Outcome, _ reason: String) {
    self.outcome = outcome
    reasons.insert(reason, at: 0)
  }

  /// The fewest cases whose interval at this rate is clear of a target; nil where no sensible number is.
  static func casesToShowGap(at rate: Double, below target: Double) -> Int? {
    (1...1000).lazy.map { $0 * 10 }.first { cases in
      let passes = Int((rate * Double(cases)).rounded())
      return WilsonInterval(passes: passes, trials: cases).upper < target
    }
  }
}
