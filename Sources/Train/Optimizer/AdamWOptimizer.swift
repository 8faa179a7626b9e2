import Model
import Tensor

/// AdamW, in one sweep over parameters that decay alike: Loshchilov and Hutter, 2019 (arXiv:1711.05101), as
/// `torch.optim.AdamW` computes it.
public final class AdamWOptimizer: Optimizer {
  /// The parameters that it moves.
  public let parameters: ParameterSet
  /// The steps taken, which the bias corrections count.
  public var step = 0
  /// The running means of the gradients.
  let firstMoments: Storage
  /// The running means of the squared gradients.
  let secondMoments: Storage

  /// Runs of parameters that decay alike: matrices do, vectors (gains, biases) do not.
  private let spans: [(range: Range<Int>, weightDecay: Double)]
  private let beta1: Double
  private let beta2: Double

  /// What the denominator adds.
  private static let epsilon = 1e-8

  /// Starts with zero moments.
  ///
  /// - Parameter covers: which tensors it moves; all unless told.
  public init(
    _ parameters: ParameterSet, weightDecay: Double, beta1: Double = 0.9, beta2: Double = 0.999,
    covers: (ParameterSet.Entry) -> Bool = { _ in true }
  ) {
    self.parameters = parameters
    self.beta1 = beta1
    self.beta2 = beta2
    var spans: [(range: Range<Int>, weightDecay: Double)] = []
    let ends = parameters.entries.dropFirst().map(\.offset) + [parameters.values.count]
    for (entry, end) in zip(parameters.entries, ends) where covers(entry) {
      let decay = entry.isVector ? 0 : weightDecay
      if let last = spans.last, last.weightDecay == decay, last.range.upperBound == entry.offset {
        spans[spans.count - 1].range = last.range.lowerBound..<end
      } else {
        spans.append((entry.offset..<end, decay))
      }
    }
    self.spans = spans
    firstMoments = Storage(count: parameters.values.count)
    secondMoments = Storage(count: parameters.values.count)
  }

  /// Both moments.
  public var state: [(name: String, storage: Storage)] {
    [("first_moments", firstMoments), ("second_moments", secondMoments)]
  }

  /// Takes one step with the gradients multiplied by `gradientScale`.
  public func update(learningRate: Double, gradientScale: Float, pool: ThreadPool) {
    step += 1
    for (range, weightDecay) in spans {
      let start = range.lowerBound
      AdamW.update(
        parameters: parameters.values.base + start, gradients: parameters.gradients.base + start,
        firstMoments: firstMoments.base + start, secondMoments: secondMoments.base + start,
        count: range.count, learningRate: learningRate, beta1: beta1, beta2: beta2,
        epsilon: AdamWOptimizer.epsilon, weightDecay: weightDecay, step: step,
        gradientScale: gradientScale, pool: pool)
    }
  }
}
