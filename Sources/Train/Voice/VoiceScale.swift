/// A distance on the scale between a base and the writer.
public enum VoiceScale {
  /// (base − system) / (base − own): 0 as far from the writer as the base, 1 as near as the writer's own halves are to
  /// each other. Nil where the base is no farther than that, so that the scale has no length.
  public static func score(system: Double, base: Double, ownHalves own: Double) -> Double? {
    base > own ? (base - system) / (base - own) : nil
  }

  /// The area under the ROC curve of a distance: how often a pair by one writer is nearer than a pair by two, ties
  /// counting half (Mann and Whitney's U over the number of pairs). Nil where a side is empty.
  public static func areaUnderCurve(same: [Double], different: [Double]) -> Double? {
    guard !same.isEmpty, !different.isEmpty else { return nil }
    let wins = same.reduce(0.0) { sum, near in
      sum + different.reduce(0.0) { $0 + (near < $1 ? 1 : near == $1 ? 0.5 : 0) }
    }
    return wins / Double(same.count * different.count)
  }
}
