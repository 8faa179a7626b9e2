/// How near a system's drafts are to the writer: 0 as far as the base's, 1 within the writer's own variation.
///
/// With D the distance to the writer and D_own that of as much of the writer's own text (``VoicePanel``), a metric's
/// excess is E = D − D_own, and its score
///
///     v = (E_base − E_system) / E_base
///
/// which is (D_base − D_system) / (D_base − D_own) where base and system wrote equally much.
public struct VoiceScore: Equatable, Sendable {
  /// The score by each metric that is not muted and by which the base is farther than the writer's own text.
  public let metrics: [VoiceMetric: Double]

  /// The median of the metrics' scores; nil where there is none.
  public var median: Double? {
    let scores = metrics.values.sorted()
    return scores.isEmpty ? nil : PairedBootstrap.percentile(50, of: scores)
  }
}
