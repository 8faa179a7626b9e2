/// The largest difference between two runs of numbers; NaN if one is NaN or the counts differ.
package func largestDifference(_ left: [Float], _ right: [Float]) -> Double {
  guard left.count == right.count, !left.isEmpty else { return .nan }
  var largest = 0.0
  for (a, b) in zip(left, right) {
    let difference = abs(Double(a) - Double(b))
    if !(difference <= largest) { largest = difference }
  }
  return largest
}
