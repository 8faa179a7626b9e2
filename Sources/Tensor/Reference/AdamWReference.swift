import Foundation

extension Reference {
  /// One parameter with its moments.
  package struct AdamWState: Sendable {
    /// The parameter and its first and second moment.
    package var parameter, first, second: Double

    /// Makes a state.
    package init(parameter: Double, first: Double, second: Double) {
      self.parameter = parameter
      self.first = first
      self.second = second
    }

    /// One step of AdamW, as in Loshchilov and Hutter, 2019, algorithm 2, with PyTorch's placing of ε.
    package mutating func step(
      gradient: Double, learningRate: Double, beta1: Double, beta2: Double, epsilon: Double,
      weightDecay: Double, step: Int
    ) {
      parameter -= learningRate * weightDecay * parameter
      first = beta1 * first + (1 - beta1) * gradient
      second = beta2 * second + (1 - beta2) * gradient * gradient
      let correctedFirst = first / (1 - pow(beta1, Double(step)))
      let correctedSecond = second / (1 - pow(beta2, Double(step)))
      parameter -= learningRate * correctedFirst / (correctedSecond.squareRoot() + epsilon)
    }
  }
}
