import Model
import Tensor

/// Moves a parameter set along its gradients.
public protocol Optimizer: AnyObject {
  /// The parameters that it moves.
  var parameters: ParameterSet { get }
  /// The steps taken; part of the state.
  var step: Int { get set }
  /// Everything else that must be kept to continue, by name.
  var state: [(name: String, storage: Storage)] { get }

  /// Takes one step with the gradients multiplied by `gradientScale`.
  func update(learningRate: Double, gradientScale: Float, pool: ThreadPool)
}

extension Optimizer {
  /// The Euclidean norm of all gradients together.
  public func gradientNorm(pool: ThreadPool) -> Double {
    Reduction.sumOfSquares(parameters.gradients.base, count: parameters.gradients.count, pool: pool)
      .squareRoot()
  }
}
