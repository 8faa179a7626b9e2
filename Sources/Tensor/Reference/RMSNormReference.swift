extension Reference {
  /// y = x / √(mean(x²) + ε) ⊙ gain, and the 1 / √… of each row.
  package static func rmsNorm(
    _ x: [Double], gain: [Double], epsilon: Double
  ) -> (y: [Double], rstd: [Double]) {
    let width = gain.count
    var y = [Double]()
    var rstd = [Double]()
    for row in rows(x, width) {
      let r = 1 / (row.reduce(0) { $0 + $1 * $1 } / Double(width) + epsilon).squareRoot()
      rstd.append(r)
      y += zip(row, gain).map { $0 * r * $1 }
    }
    return (y, rstd)
  }

  /// dx = r·h − x·r³/C·Σ(h ⊙ x) with h = dy ⊙ gain, and dGain = Σᵢ dy[i]·x[i]·r[i].
  package static func rmsNormBackward(
    dy: [Double], x: [Double], rstd: [Double], gain: [Double]
  ) -> (dx: [Double], dGain: [Double]) {
    let width = gain.count
    var dx = [Double]()
    var dGain = [Double](repeating: 0, count: width)
    for (i, (dyRow, xRow)) in zip(rows(dy, width), rows(x, width)).enumerated() {
      let r = rstd[i]
      let h = zip(dyRow, gain).map(*)
      let dot = zip(h, xRow).reduce(0) { $0 + $1.0 * $1.1 }
      dx += zip(h, xRow).map { r * $0 - $1 * r * r * r / Double(width) * dot }
      for (j, (d, value)) in zip(dyRow, xRow).enumerated() { dGain[j] += d * value * r }
    }
    return (dx, dGain)
  }

  /// The rows of a flat matrix.
  static func rows(_ x: [Double], _ width: Int) -> [ArraySlice<Double>] {
    stride(from: 0, to: x.count, by: max(width, 1)).map { x[$0..<$0 + width] }
  }
}
