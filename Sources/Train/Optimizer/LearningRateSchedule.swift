import Foundation

/// The learning rate of each optimizer step: linear warm-up, then constant or falling to a tenth of the peak.
///
/// `wsd` (warm-up, stable, decay: Hu et al., 2024, arXiv:2404.06395) stays at the peak and falls only over the
/// last fifth, so that a run whose length is not known yet can be prolonged from any step before the fall.
public struct LearningRateSchedule: Equatable, Sendable {
  /// How the rate moves after warm-up.
  public enum Shape: String, CaseIterable, Sendable {
    case constant, linear, cosine, wsd
  }

  /// How the rate moves after warm-up.
  public let shape: Shape
  /// The rate at the end of warm-up.
  public let peak: Double
  /// W, the steps of warm-up.
  public let warmupSteps: Int
  /// N, the steps of the run.
  public let totalSteps: Int

  /// The share of the peak that a falling schedule ends at.
  public static let floor = 0.1

  /// Makes the schedule of a run; `warmupRatio` of its steps, rounded to the nearest, warm up.
  public init(shape: Shape, peak: Double, warmupRatio: Double, totalSteps: Int) {
    self.shape = shape
    self.peak = peak
    self.totalSteps = totalSteps
    warmupSteps = min(totalSteps, Int((warmupRatio * Double(totalSteps)).rounded()))
  }

  /// The rate of step t = 1 … N:
  ///
  ///     peak · t / W                                        up to W
  ///     peak · (0.1 + 0.9 · (1 + cos(π·(t − W)/(N − W))) / 2)   cosine
  ///     peak · (0.1 + 0.9 · (1 − (t − W)/(N − W)))              linear
  ///     peak, then peak · (0.1 + 0.9 · 5·(1 − t/N))             wsd, from t = 0.8·N on
  public func rate(step: Int) -> Double {
    if step <= warmupSteps { return peak * Double(step) / Double(warmupSteps) }
    let progress = Double(step - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
    let remaining: Double
    switch shape {
    case .constant: return peak
    case .linear: remaining = 1 - progress
    case .cosine: remaining = (1 + cos(.pi * progress)) / 2
    case .wsd: remaining = min(1, 5 * (1 - Double(step) / Double(max(1, totalSteps))))
    }
    return peak * (LearningRateSchedule.floor + (1 - LearningRateSchedule.floor) * remaining)
  }
}
