import Foundation

/// How a model stretches its rotary position embedding, as `rope_scaling` or `rope_parameters` says.
public enum RotaryScaling: Equatable, Sendable {
  /// Frequencies θ^(−2i/D) as they are.
  case none
  /// Every frequency divided by `factor`.
  case linear(factor: Double)
  /// Llama 3.1's rule: low frequencies divided by `factor`, high ones kept, those between blended.
  case llama3(
    factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalContext: Double)

  /// The inverse frequencies of the D/2 rotated pairs.
  ///
  /// - SeeAlso: Su et al., 2021 (arXiv:2104.09864); the Llama 3.1 model card for the `llama3` rule.
  public func inverseFrequencies(theta: Double, headDimension: Int) -> [Float] {
    (0..<headDimension / 2).map { pair in
      let frequency = pow(theta, -2 * Double(pair) / Double(headDimension))
      switch self {
      case .none:
        return Float(frequency)
      case .linear(let factor):
        return Float(frequency / factor)
      case .llama3(let factor, let low, let high, let context):
        let wavelength = 2 * Double.pi / frequency
        if wavelength < context / high { return Float(frequency) }
        if wavelength > context / low { return Float(frequency / factor) }
        let smooth = (context / wavelength - low) / (high - low)
        return Float((1 - smooth) * frequency / factor + smooth * frequency)
      }
    }
  }
}
