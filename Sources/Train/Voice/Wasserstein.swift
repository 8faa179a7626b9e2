/// How far two samples of a length are apart, by the first Wasserstein distance.
enum Wasserstein {
  /// ∫|F − G| over the samples' distribution functions, in the samples' unit: how far a length must move on
  /// average to make one sample the other. Nil where a sample is empty.
  ///
  /// - Parameters:
  ///   - left: how often each length from 0 was seen on one side.
  ///   - right: the same on the other.
  static func distance(_ left: [Int32], _ right: [Int32]) -> Double? {
    precondition(left.count == right.count, "\(left.count) lengths are not \(right.count)")
    let (a, b) = (Double(left.total), Double(right.total))
    guard a > 0, b > 0 else { return nil }
    var (i, j, sum) = (0, 0, 0.0)
    for (count, other) in zip(left, right) {
      i += Int(count)
      j += Int(other)
      sum += abs(Double(i) / a - Double(j) / b)
    }
    return sum
  }
}
