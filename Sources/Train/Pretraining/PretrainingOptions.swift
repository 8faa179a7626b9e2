/// Everything that decides what `pretrain` does, apart from its texts.
public struct PretrainingOptions: Equatable, Sendable {
  /// The shape of a base from scratch.
  public var shape = PretrainingShape()
  /// The longest sequence in tokens, and the context that the model is made for.
  public var maxSequenceLength = 1024
  /// The tokens of one optimizer step.
  public var batchTokens = 8192
  /// The optimizer steps of the whole run, those of earlier sessions included.
  public var maxSteps = 2000
  /// The peak of the learning rate.
  public var learningRate = 3e-3
  /// How the rate moves after warm-up.
  public var schedule = LearningRateSchedule.Shape.wsd
  /// The steps that warm up.
  public var warmupSteps = 100
  /// The decoupled decay of matrices.
  public var weightDecay = 0.1
  /// The largest norm of all gradients together; 0 never clips.
  public var maxGradientNorm = 1.0
  /// How often documents count whose source starts with a name; 1 for the others.
  public var sourceWeights: [String: Int] = [:]
  /// The steps between evaluations, each of which also writes a checkpoint.
  public var evaluationInterval = 100
  /// The seed of every random stream of the run.
  public var seed: UInt64 = 0
  /// Whether to continue from the folder's checkpoint.
  public var resumes = false
  /// The threads to work on; nil takes every processor.
  public var threads: Int?

  /// The defaults.
  public init() {}

  /// How often a document of this source counts.
  func weight(ofSource source: String?) -> Int {
    guard let source else { return 1 }
    return sourceWeights.filter { source.hasPrefix($0.key) }.map(\.value).max() ?? 1
  }
}
