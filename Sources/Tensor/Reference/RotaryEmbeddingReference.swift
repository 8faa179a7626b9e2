import Foundation

extension Reference {
  /// Rotates the pairs (j, j + D/2) of each head by position · inverseFrequencies[j].
  package static func rotary(
    _ x: [Double], width: Int, inverseFrequencies: [Double], positions: [Int], inverse: Bool
  ) -> [Double] {
    let half = inverseFrequencies.count
    var y = x
    for (row, position) in positions.enumerated() {
      for head in 0..<width / (2 * half) {
        for (j, frequency) in inverseFrequencies.enumerated() {
          let angle = Double(position) * frequency * (inverse ? -1 : 1)
          let first = row * width + head * 2 * half + j
          let (a, b) = (x[first], x[first + half])
          y[first] = a * cos(angle) - b * sin(angle)
          y[first + half] = b * cos(angle) + a * sin(angle)
        }
      }
    }
    return y
  }
}
