/// How well a distance tells one writer's texts from others'.
enum AreaUnderCurve {
  /// The area under the ROC curve of a distance: how often a text by the writer is nearer than one by another, ties
  /// counting half (Mann and Whitney's U over the number of pairs). Nil where a side is empty.
  static func ofDistance(same: [Double], different: [Double]) -> Double? {
    guard !same.isEmpty, !different.isEmpty else { return nil }
    let wins = same.reduce(0.0) { sum, near in
      sum + different.reduce(0.0) { $0 + (near < $1 ? 1 : near == $1 ? 0.5 : 0) }
    }
    return wins / Double(same.count * different.count)
  }
}
