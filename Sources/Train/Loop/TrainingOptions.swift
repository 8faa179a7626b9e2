import Model
import Tensor

/// Everything that decides what a fine-tuning run does, apart from the base and the archive themselves.
public struct TrainingOptions: Equatable, Sendable {
  /// The peak of the learning rate.
  public enum LearningRate: Equatable, Sendable, CustomStringConvertible {
    /// A given peak.
    case value(Double)
    /// The best of three rates, by held-out bits per byte after a short probe of each.
    case automatic

    /// Reads a number or "auto".
    public init?(_ text: String) {
      if text == "auto" {
        self = .automatic
      } else if let value = Double(text) {
        self = .value(value)
      } else {
        return nil
      }
    }

    /// The number or "auto".
    public var description: String {
      switch self {
      case .value(let value): "\(value)"
      case .automatic: "auto"
      }
    }
  }

  /// The arithmetic of the base's matrix products.
  public enum Compute: String, CaseIterable, Sendable {
    /// bfloat16 where the processor multiplies it, else float32.
    case automatic = "auto"
    case float32 = "f32"
    /// Operands of products rounded to bfloat16, their sums and all that trains in float32.
    case bfloat16 = "bf16"
    /// Products with the base's weights in eight bits, the weights rounded once and the other side as it comes, the
    /// gradient that leaves the head up or down at random; all else as `automatic` has it.
    case int8

    /// The setting with what it leaves to the machine filled in.
    public var resolved: Compute {
      guard self == .automatic else { return self }
      return dtype == .bfloat16 ? .bfloat16 : .float32
    }

    /// The type of activations and their gradients on this machine.
    public var dtype: DType {
      switch self {
      case .automatic, .int8: MatrixProduct.fastestType
      case .float32: .float32
      case .bfloat16: .bfloat16
      }
    }

    /// How the base's weights are held for it.
    func holding(_ quantization: WeightQuantization?) -> WeightHolding {
      self == .int8 ? .q8Tiled : WeightHolding(for: dtype, quantization: quantization)
    }
  }

  /// The passes over the training side.
  public var epochs = 2
  /// Stops after this many optimizer steps; nil runs all epochs. More steps than the epochs hold go on with
  /// further epochs.
  public var maxSteps: Int?
  /// The adapter's shape. An initial adapter brings its own.
  public var adapter = LoRAConfiguration()
  /// An adapter folder to start from.
  public var initialAdapter: String?
  /// The peak of the learning rate.
  public var learningRate = LearningRate.value(3e-4)
  /// How the rate moves after warm-up.
  public var schedule = LearningRateSchedule.Shape.cosine
  /// The share of the steps that warm up.
  public var warmupRatio = 0.06
  /// AdamW's decoupled decay.
  public var weightDecay = 0.0
  /// The largest norm of all gradients together; 0 never clips.
  public var maxGradientNorm = 1.0
  /// Rows a batch; nil fills batches with tokens up to the longest sequence instead.
  public var batchSize: Int?
  /// The longest sequence in tokens; nil takes the smaller of 1,024 and the base's context.
  public var maxSequenceLength: Int?
  /// Batches whose gradients are summed before an optimizer step.
  public var gradientAccumulationSteps = 1
  /// What is learned of edits.
  public var objective = Objective.automatic
  /// β of the preference loss; nil for that of the objective.
  public var beta: Double?
  /// The factor on the preference loss; nil for 1.
  public var preferenceWeight: Double?
  /// The factor on the unlikelihood of what was cut; nil for none.
  public var unlikelihoodWeight: Double?
  /// The share of documents held out.
  public var validFraction = 0.15
  /// The days after which the adapter is to be judged again; see ``Sunset``.
  public var sunsetDays = 180
  /// The seed of every random stream of the run.
  public var seed: UInt64 = 0
  /// Whether batches come in another order every epoch.
  public var shuffles = true
  /// Whether only what follows the prompt is learned.
  public var masksPrompt = true
  /// Whether each layer's forward runs once more on the way back instead of being kept.
  public var recomputesLayers = false
  /// Whether rows that cannot be read are left out and listed, instead of ending the run.
  public var skipsBadRows = false
  /// The arithmetic of the base's matrix products.
  public var compute = Compute.automatic
  /// What the base's frozen weights are rounded to; nil leaves them as they are.
  public var quantization: WeightQuantization?
  /// The threads to work on; nil takes every processor.
  public var threads: Int?

  /// How these settings hold the base's weights.
  var holding: WeightHolding { compute.holding(quantization) }

  /// The defaults.
  public init() {}

  /// What the writer should know about these settings before going on.
  public var warnings: [String] {
    var warnings: [String] = []
    if epochs > TrainingOptions.advisedEpochs, maxSteps == nil {
      warnings.append(
        "warning: \(epochs) epochs; 1 to \(TrainingOptions.advisedEpochs) is the normal range, beyond it a model learns"
          + " its archive by heart. The adapter kept is the best by held-out loss.")
    }
    if compute == .int8, !MatrixProduct.isFastInIntegers {
      warnings.append(
        "warning: --compute int8 on a processor without instructions for products of bytes (VNNI) is slow."
          + " --compute auto takes what is fast here.")
    }
    return warnings
  }

  /// The module names of all projections, apart by commas.
  public static var targetNames: String { Projection.allCases.map(\.moduleName).joined(separator: ",") }

  /// The projections with the given module names, each of which may be several apart by commas, or "all-linear".
  ///
  /// - Throws: `TrainingError.setting` for a name that matches nothing, and where there is none.
  public static func targets(named names: [String]) throws(TrainingError) -> [Projection] {
    let words = names.flatMap { $0.split { $0 == "," || $0.isWhitespace } }.map(String.init)
    var targets: Set<Projection> = []
    for word in words where word != "all-linear" {
      guard let projection = Projection(moduleName: word) else {
        throw .setting(
          "--target-modules names \(word); expected some of \(targetNames) or all-linear. Change it.")
      }
      targets.insert(projection)
    }
    if words.contains("all-linear") { targets = Set(Projection.allCases) }
    guard !targets.isEmpty else {
      throw .setting(
        "--target-modules names nothing; expected some of \(targetNames) or all-linear. Change it.")
    }
    return Projection.allCases.filter(targets.contains)
  }

  /// The most passes that the field advises.
  static let advisedEpochs = 3
}
