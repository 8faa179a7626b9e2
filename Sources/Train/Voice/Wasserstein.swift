/// How far two samples of a length are apart, by the first Wasserstein distance.
public enum Wasserstein {
  /// ∫|F − G| over the samples' distribution functions, in the samples' unit: how far a length must move on
  /// average to make one sample the other. Nil where a sample is empty.
  public static func distance(_ left: [Int], _ right: [Int]) -> Double? {
    guard !left.isEmpty, !right.isEmpty else { return nil }
    let (a, b) = (left.sorted(), right.sorted())
    let points = (a + b).sorted()
    var (i, j, sum) = (0, 0, 0.0)
    for (point, next) in zip(points, points.dropFirst()) {
      while i < a.count, a[i] <= point { i += 1 }
      while j < b.count, b[j] <= point { j += 1 }
      sum += abs(Double(i) / Double(a.count) - Double(j) / Double(b.count)) * Double(next - point)
    }
    return sum
  }
}
