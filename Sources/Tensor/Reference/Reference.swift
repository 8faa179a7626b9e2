import Foundation

/// The operators once more, in Double and for reading: what the tests compare kernels with.
///
/// Matrices are flat arrays in row-major order without gaps. Each function returns what its operator would
/// write, or add, to its destination.
package enum Reference {
  /// α·op(A)·op(B), with A [m, k] and B [k, n] after transposition.
  package static func product(
    _ a: [Double], transposeA: Bool, _ b: [Double], transposeB: Bool, m: Int, n: Int, k: Int,
    alpha: Double = 1
  ) -> [Double] {
    var c = [Double](repeating: 0, count: m * n)
    for i in 0..<m {
      for j in 0..<n {
        var sum = 0.0
        for l in 0..<k {
          sum += (transposeA ? a[l * m + i] : a[i * k + l]) * (transposeB ? b[j * k + l] : b[l * n + j])
        }
        c[i * n + j] = alpha * sum
      }
    }
    return c
  }

  /// Σᵢ x[i,j] for each column.
  package static func sumRows(_ x: [Double], width: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: width)
    for (index, value) in x.enumerated() { sums[index % width] += value }
    return sums
  }

  /// ln Σ eˣ.
  static func logSumExp(_ x: some Collection<Double>) -> Double {
    let maximum = x.max() ?? -.infinity
    return maximum + log(x.reduce(0) { $0 + exp($1 - maximum) })
  }

  /// 1 / (1 + e⁻ˣ).
  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}
