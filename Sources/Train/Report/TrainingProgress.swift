import Foundation

/// Turns the events of a run into what is shown while it runs.
///
/// On a terminal that is one line which each step redraws; elsewhere one plain line for every reporting
/// interval and for every evaluation.
public struct TrainingProgress: Sendable {
  /// Something to show.
  public enum Output: Equatable, Sendable {
    /// A line that stays.
    case line(String)
    /// The line that the next output replaces.
    case live(String)
  }

  /// How many lines a run prints where there is no terminal, evaluations apart.
  static let plainLines = 15

  private let isLive: Bool
  private let settings: TrainingOptions
  private let style: TextStyle

  private var size: TrainingSize?
  /// The step and time from which speed is measured: where this session's training began.
  private var origin: (step: Int, seconds: Double)?
  private var firstStep = 0
  private var recent: [(nats: Double, labels: Int, tokens: Int, seconds: Double)] = []
  private var heldOut: DocumentLoss?
  private var probes: [(rate: Double, bitsPerByte: Double)] = []

  /// - Parameters:
  ///   - isLive: whether a line can be redrawn.
  ///   - settings: those of the run.
  public init(isLive: Bool, settings: TrainingOptions, style: TextStyle = .plain) {
    self.isLive = isLive
    self.settings = settings
    self.style = style
  }

  /// What to show for an event.
  ///
  /// - Parameters:
  ///   - seconds: the time of the event, from any fixed point.
  ///   - width: the columns of the terminal; a live line never fills the last.
  public mutating func outputs(for event: FineTuningEvent, at seconds: Double, width: Int) -> [Output] {
    switch event {
    case .prepared(let dataset, let memory, let size):
      self.size = size
      let lines = PreflightReport.lines(
        dataset, memory, size, warnings: settings.warnings,
        width: isLive ? width : nil, style: style)
      return lines.map { .line($0) } + working("scoring the base on the held-out documents", width)
    case .resumed(let step):
      firstStep = step
      return [.line("resumed after step \(step)")]
        + working("scoring the base on the held-out documents", width)
    case .baseline(let loss, let estimate):
      var lines: [Output] = []
      if let loss { lines.append(.line("base alone: held-out \(heldOutText(loss))")) }
      if estimate.isFinite { lines.append(.line("estimated time: \(NumberText.duration(estimate))")) }
      return lines + working("writing a draft with the base", width)
    case .draft(_, .before):
      return working("scoring the adapter before the first step", width)
    case .draft(_, .after):
      return []
    case .probed(let rate, let bits):
      probes.append((rate, bits))
      return [
        .line("learning rate \(rate): \(NumberText.fixed(bits, 3)) held-out bits per byte after its probe")
      ]
        + working("probing learning rates", width)
    case .step(let number, let total, let epoch, _, let result):
      return step(number, of: total, epoch: epoch, result, at: seconds, width: width)
    case .evaluated(let step, let loss, let isBest):
      heldOut = loss
      // Without a step yet this is the base again, in its adapter's clothes.
      guard step > firstStep else { return chosenRate + working("training", width) }
      if isLive { return step == size?.steps ? working("scoring, reading back, writing drafts", width) : [] }
      let best = isBest ? ", the best so far" : ""
      return [.line("step \(numberText(step)): held-out \(heldOutText(loss))\(best); saved")]
    case .stopped(let step, let checkpoint):
      return [.line("stopped after step \(step); \(checkpoint) holds the run")]
    case .finished:
      return []
    }
  }

  private mutating func step(
    _ number: Int, of total: Int, epoch: Double, _ result: StepResult, at seconds: Double, width: Int
  ) -> [Output] {
    // The first step of a session began so long before its event.
    let origin = self.origin ?? (number - 1, seconds - result.seconds)
    self.origin = origin
    let interval = max(1, total / TrainingProgress.plainLines)
    recent.append((result.loss * Double(result.labels), result.labels, result.tokens, result.seconds))
    if recent.count > interval { recent.removeFirst() }

    let labels = recent.reduce(0) { $0 + $1.labels }
    let loss = recent.reduce(0) { $0 + $1.nats } / Double(max(1, labels))
    let tokens = recent.reduce(0) { $0 + $1.tokens }
    let speed = NumberText.rate(tokens, seconds: recent.reduce(0) { $0 + $1.seconds })
    // Wall time a step, so that the evaluations on the way count.
    let left = (seconds - origin.seconds) / Double(number - origin.step) * Double(total - number)

    let line = ProgressLine(
      step: number, totalSteps: total, epoch: epoch, loss: loss, heldOutLoss: heldOut?.loss,
      tokensPerSecond: speed, secondsLeft: left)
    if isLive { return [.live(line.live(width: width - 1, style: style))] }
    guard number.isMultiple(of: interval) || number == total || number == firstStep + 1 else { return [] }
    return [.line(line.plain)]
  }

  private var chosenRate: [Output] {
    guard let best = probes.min(by: { $0.bitsPerByte < $1.bitsPerByte }) else { return [] }
    return [.line("learning rate \(best.rate) it is")]
  }

  private func working(_ text: String, _ width: Int) -> [Output] {
    isLive ? [.live(style.dim(String("\(text) …".prefix(max(0, width - 1)))))] : []
  }

  private func heldOutText(_ loss: DocumentLoss) -> String {
    "loss \(NumberText.fixed(loss.loss, 3)), \(NumberText.fixed(loss.bitsPerByte, 3)) bits per byte"
  }

  private func numberText(_ step: Int) -> String {
    "\(step)".leftPadded(to: "\(size?.steps ?? 0)".count)
  }
}

/// How far a run has come, in one line.
struct ProgressLine {
  let step: Int
  let totalSteps: Int
  /// Epochs done.
  let epoch: Double
  /// The mean of the last steps.
  let loss: Double
  let heldOutLoss: Double?
  let tokensPerSecond: String
  let secondsLeft: Double

  /// For a file or a pipe.
  var plain: String {
    let number = "\(step)".leftPadded(to: "\(totalSteps)".count)
    return
      "step \(number) of \(totalSteps)  epoch \(NumberText.fixed(epoch, 2))  loss \(NumberText.fixed(loss, 3))"
      + "  \(tokensPerSecond) tokens/s  \(NumberText.duration(secondsLeft)) left"
  }

  /// For a terminal of `width` columns: as much as fits, the most wanted first.
  func live(width: Int, style: TextStyle) -> String {
    let number = "\(step)".leftPadded(to: "\(totalSteps)".count)
    // In the order in which they are shown, each with its rank in being kept.
    let parts: [(rank: Int, text: String)] = [
      (4, "epoch \(NumberText.fixed(epoch, 2))"),
      (0, "step \(number)/\(totalSteps)"),
      (1, "loss \(NumberText.fixed(loss, 3))"),
      (3, heldOutLoss.map { "held-out \(NumberText.fixed($0, 3))" } ?? ""),
      (5, "\(tokensPerSecond) tokens/s"),
      (2, "\(NumberText.duration(secondsLeft)) left"),
    ].filter { !$0.1.isEmpty }
    var kept = parts
    func text() -> String { kept.map(\.text).joined(separator: "  ") }
    while text().count > width, let last = kept.indices.max(by: { kept[$0].rank < kept[$1].rank }),
      kept.count > 1
    {
      kept.remove(at: last)
    }
    let line = text()
    // A bar takes what room is left, up to a third of a common terminal.
    let room = min(24, width - line.count - 2)
    guard room >= 8 else { return String(line.prefix(max(0, width))) }
    let filled = totalSteps > 0 ? room * min(step, totalSteps) / totalSteps : 0
    let bar =
      style.green(String(repeating: "━", count: filled))
      + style.dim(String(repeating: "─", count: room - filled))
    return "\(bar)  \(line)"
  }
}
