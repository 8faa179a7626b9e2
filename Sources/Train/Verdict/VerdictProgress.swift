/// Turns the events of a judgement into what is shown while it runs.
public struct VerdictProgress: Sendable {
  private let isLive: Bool
  private let style: TextStyle
  private var origin: Double?

  /// - Parameter isLive: whether a line can be redrawn; elsewhere every tenth of the drafts has a line.
  public init(isLive: Bool, style: TextStyle = .plain) {
    self.isLive = isLive
    self.style = style
  }

  /// What to show for an event.
  ///
  /// - Parameters:
  ///   - seconds: the time of the event, from any fixed point.
  ///   - width: the columns of the terminal.
  public mutating func outputs(
    for event: VerdictEvent, at seconds: Double, width: Int
  ) -> [TrainingProgress.Output] {
    switch event {
    case .prepared(let pieces, let drafted, let notes):
      return [.line("\(NumberText.counted(pieces, "held-out piece")), \(drafted) of them to draft from")]
        + notes.map { .line("note: \($0)") } + working("scoring the base", width)
    case .scored(let system, let loss):
      origin = seconds
      return [.line("\(system.name): \(NumberText.fixed(loss.bitsPerByte, 3)) bits per byte")]
        + working("scoring", width)
    case .drafted(let done, let count):
      let left = (seconds - (origin ?? seconds)) / Double(done) * Double(count - done)
      let text = "draft \(done) of \(count)  \(NumberText.duration(left)) left"
      if isLive { return [.live(style.dim(String(text.prefix(max(0, width - 1)))))] }
      return done.isMultiple(of: max(1, count / 10)) || done == count ? [.line(text)] : []
    case .comparing:
      return working("comparing", width)
    }
  }

  private func working(_ text: String, _ width: Int) -> [TrainingProgress.Output] {
    isLive ? [.live(style.dim(String("\(text) …".prefix(max(0, width - 1)))))] : []
  }
}
