import Testing

/// Half a unit in the last place of 1: the relative error of one float32 rounding.
let u = 0x1p-24

/// The first index where |actual − expected| ≤ bound does not hold, which NaN never does.
func firstMiss(_ actual: [Float], _ expected: [Double], within bounds: [Double]) -> Int? {
  actual.indices.first { !(abs(Double(actual[$0]) - expected[$0]) <= bounds[$0]) }
}

/// Expects |actual − expected| ≤ bound for every element.
func expectClose(
  _ actual: [Float], _ expected: [Double], within bounds: [Double], _ what: String = "element",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count, bounds.count == expected.count else {
    Issue.record(
      "\(what): \(actual.count) values, \(expected.count) expected, \(bounds.count) bounds",
      sourceLocation: sourceLocation)
    return
  }
  guard let index = firstMiss(actual, expected, within: bounds) else { return }
  Issue.record(
    """
    \(what) \(index): found \(actual[index]), expected \(expected[index]) within \(bounds[index]), \
    off by \(abs(Double(actual[index]) - expected[index]))
    """, sourceLocation: sourceLocation)
}

/// Expects the very same values, bit by bit.
func expectSameBits(
  _ actual: [Float], _ expected: [Float], _ what: String = "element",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let same = actual.count == expected.count
  let index = zip(actual, expected).enumerated().first { $1.0.bitPattern != $1.1.bitPattern }?.offset
  guard !same || index != nil else { return }
  Issue.record(
    "\(what) \(index ?? -1) of \(actual.count): \(index.map { "\(actual[$0]) and \(expected[$0])" } ?? "counts differ")",
    sourceLocation: sourceLocation)
}

/// Expects that `gradient` is that of `f` at `x`, by central differences in Double.
///
/// With h = 1e-5 the truncation is h²/6 times a third derivative, some 1e-11, and the rounding ε·|f|/h, some
/// 1e-11 for |f| near 1: `scale` is the size of f and of its derivatives.
func expectGradient(
  _ gradient: [Double], of f: ([Double]) -> Double, at x: [Double], scale: Double = 1,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(gradient.count == x.count, sourceLocation: sourceLocation)
  for index in x.indices {
    var moved = x
    moved[index] = x[index] + 1e-5
    let above = f(moved)
    moved[index] = x[index] - 1e-5
    let difference = (above - f(moved)) / 2e-5
    #expect(
      abs(gradient[index] - difference) <= 1e-8 * scale, "element \(index)", sourceLocation: sourceLocation)
  }
}

/// Σ a ⊙ b.
func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
