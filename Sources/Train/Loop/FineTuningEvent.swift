import Model

/// What happens in a fine-tuning run, in order, for whoever shows it.
public enum FineTuningEvent: Sendable {
  /// The archive was read, and this is what a run would take, whether it fits or not. Nothing has been computed yet.
  case prepared(DatasetReport, MemoryPlan, TrainingSize)
  /// The held-out side was scored with the base alone, nil where nothing is held out; the training ahead will
  /// take about so long.
  case baseline(DocumentLoss?, estimatedSeconds: Double)
  /// A draft by the model as it stands, from a held-out seed.
  case draft(DraftSample, DraftMoment)
  /// A learning rate was probed for some steps; held-out bits per byte afterwards.
  case probed(learningRate: Double, bitsPerByte: Double)
  /// The run goes on from a checkpoint after this step.
  case resumed(step: Int)
  /// One optimizer step.
  case step(number: Int, of: Int, epoch: Double, learningRate: Double, result: StepResult)
  /// The held-out side was scored with the adapter, and what would be lost otherwise is on disk: a checkpoint, but
  /// before the first step only where a learning rate was looked for.
  case evaluated(step: Int, loss: DocumentLoss, isBest: Bool)
  /// The run was asked to stop; its checkpoint is on disk.
  case stopped(step: Int, checkpoint: String)
  /// The run ended and its files are written.
  case finished(FineTuningOutcome)
}

/// When a sample draft was made.
public enum DraftMoment: String, Sendable {
  case before, after
}

/// The size of a run.
public struct TrainingSize: Equatable, Sendable {
  /// The values that train.
  public let trainableParameters: Int
  /// The values of the base.
  public let baseParameters: Int
  /// Optimizer steps.
  public let steps: Int
  /// Tokens computed in training, every epoch counted.
  public let tokens: Int
  /// What is learned of edits.
  public let edits: EditPlan
}

/// What a finished run came to.
public struct FineTuningOutcome: Equatable, Sendable {
  /// The adapter's folder.
  public let adapterPath: String
  /// The step whose adapter was kept: the best by held-out loss, or the last; 0 is the one that the run began from.
  public let keptStep: Int
  /// The held-out losses of base and adapter, and how sure the difference is; nil where nothing was held out.
  public let comparison: HeldOutComparison?
  /// How base and adapter take held-out edits; nil where there are none to compare.
  public let edits: EditComparison?
  /// What reading the adapter back showed.
  public let selfTest: AdapterSelfTest
  /// How many sample drafts ended by themselves, of how many.
  public let endings: DraftEndings
  /// Seconds of the training steps.
  public let trainingSeconds: Double
  /// Tokens computed in the training steps.
  public let trainingTokens: Int
  /// Seconds of scoring the held-out side, in the session that finished the run.
  public let evaluationSeconds: Double
  /// Seconds of that session from its first computation to its last.
  public let sessionSeconds: Double
  /// The most memory that the process had resident.
  public let peakBytes: Int

  /// keep or retire; nil where nothing was held out.
  public var verdict: Verdict? { comparison.map { Verdict($0.bootstrap) } }
}

/// How many sample drafts ended by themselves, before their limit.
public struct DraftEndings: Equatable, Sendable {
  /// Those that the model ended.
  public let ended: Int
  /// All that were written.
  public let drafts: Int
}

/// Base and adapter side by side on the held-out documents.
public struct HeldOutComparison: Equatable, Sendable {
  /// The base alone, document by document.
  public let base: [DocumentLoss]
  /// With the adapter, the same documents.
  public let adapter: [DocumentLoss]
  /// The difference in bits per byte.
  public let bootstrap: PairedBootstrap

  /// Compares the losses of the same documents in the same order; nil where there is none.
  public init?(base: [DocumentLoss], adapter: [DocumentLoss], seed: UInt64) {
    guard !base.isEmpty else { return nil }
    self.base = base
    self.adapter = adapter
    bootstrap = PairedBootstrap(base: base, adapter: adapter, seed: seed)
  }
}
