import CKernels
import Foundation

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019, arXiv:1711.05101).
public enum AdamW {
  /// Takes one step, as torch.optim.AdamW does. With g the scaled gradient, m and v the moments:
  ///
  ///     m += (g − m)·(1 − β₁),  v = β₂·v + (1 − β₂)·g²
  ///     p = p·(1 − lr·wd) − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
  ///
  /// The hyperparameters are Double so that 1 − β₂ is what it is in PyTorch; the step itself is float32.
  ///
  /// - Parameters:
  ///   - parameters: [count], updated; so are both moments.
  ///   - step: t, 1 in the first call.
  ///   - gradientScale: Multiplies each gradient first, as gradient clipping asks.
  public static func update(
    parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    firstMoments: UnsafeMutablePointer<Float>, secondMoments: UnsafeMutablePointer<Float>, count: Int,
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, step: Int,
    gradientScale: Float, pool: ThreadPool
  ) {
    precondition(step >= 1, "AdamW step \(step)")
    let constants = lk_adamw_constants(
      gradient_scale: gradientScale, decay: Float(1 - learningRate * weightDecay),
      one_minus_beta1: Float(1 - beta1), beta2: Float(beta2), one_minus_beta2: Float(1 - beta2),
      step_size: Float(learningRate / (1 - pow(beta1, Double(step)))),
      root_correction: Float((1 - pow(beta2, Double(step))).squareRoot()), epsilon: Float(epsilon))
    let level = kernelLevel
    pool.split(count, cost: 4) { range in
      let first = range.lowerBound
      lk_adamw_f32(
        parameters + first, firstMoments + first, secondMoments + first, gradients + first, constants,
        range.count, level)
    }
  }
}
