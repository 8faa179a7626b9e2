import Model

/// All that a run shows, from its first event to the command to type after it.
public struct RunReport: Sendable {
  private let run: FineTuningRun
  private let invocation: String
  private let arguments: [String]
  private var progress: TrainingProgress
  private var totalSteps = 0
  private var before: DraftSample?
  private var after: DraftSample?
  private var outcome: FineTuningOutcome?

  /// Whether a step or an evaluation was done: from then on an error is a failure of the run, not of its arguments,
  /// its input or the place it writes to.
  public private(set) var hasBegun = false

  /// - Parameters:
  ///   - isLive: whether a line can be redrawn.
  ///   - style: of the progress.
  ///   - commandLine: the program and its arguments as they were typed.
  public init(_ run: FineTuningRun, isLive: Bool, style: TextStyle, startedAs commandLine: [String]) {
    self.run = run
    invocation = commandLine.first ?? ""
    arguments = Array(commandLine.dropFirst())
    progress = TrainingProgress(isLive: isLive, settings: run.options, style: style)
  }

  /// What to show for an event; see ``TrainingProgress/outputs(for:at:width:)``.
  public mutating func outputs(
    for event: FineTuningEvent, at seconds: Double, width: Int
  ) -> [TrainingProgress.Output] {
    var outputs = progress.outputs(for: event, at: seconds, width: width)
    switch event {
    case .prepared(_, _, let size): totalSteps = size.steps
    case .draft(let draft, .before): before = draft
    case .draft(let draft, .after): after = draft
    case .stopped:
      let command = CommandText.resume(arguments, adapterPath: run.adapterPath, startedAs: invocation)
      outputs += [.line("Go on with:"), .line("  \(command)")]
    case .finished(let outcome): self.outcome = outcome
    case .step, .evaluated: hasBegun = true
    case .baseline, .probed, .resumed: break
    }
    return outputs
  }

  /// What the finished run came to; empty before it is finished.
  public func finalLines(width: Int, style: TextStyle) -> [String] {
    guard let outcome else { return [] }
    let drafts = before.flatMap { before in after.map { (before: before, after: $0) } }
    let model = run.basePath == BaseModel.embeddedPath() ? nil : run.basePath
    let command = CommandText.draft(
      before?.seed ?? RunReport.exampleSeed, adapterPath: run.adapterPath, model: model, startedAs: invocation
    )
    return FinalReport(outcome, totalSteps: totalSteps, drafts: drafts, nextCommand: command)
      .lines(width: width, style: style)
  }

  /// What to draft where the archive has no seed to show.
  static let exampleSeed = Seed(
    topic: "a lamp that flickered", angle: "the fault is never where the light is", length: 200, kind: "note")
}
