import Foundation
import Testing

@testable import Tensor

@Suite("Linear") struct LinearTests {
  /// A product's shape and the format of its weights.
  struct Problem: Sendable, CustomTestStringConvertible {
    let tokens, output, input: Int
    let format: WeightMatrix.Format
    let dtype: DType

    var testDescription: String { "\(tokens)x\(input) · \(output)x\(input), \(dtype) by \(format)" }

    /// No and one row; odd sizes; past one panel; a vector's width below, at and above.
    static let all: [Problem] = [DType.float32, .bfloat16].flatMap { dtype in
      [WeightMatrix.Format.float32, .bfloat16, .q8].flatMap { format in
        [(0, 3, 4), (1, 1, 1), (1, 7, 33), (1, 300, 576), (2, 5, 15), (3, 129, 17), (5, 1030, 48)].map {
          Problem(tokens: $0.0, output: $0.1, input: $0.2, format: format, dtype: dtype)
        }
      }
    }
  }

  @Test("y = x·Wᵀ, and y + x·Wᵀ where it accumulates, in every format", arguments: Problem.all)
  func forward(problem: Problem) {
    let x = GuardedMatrix(seed: 1, rows: problem.tokens, columns: problem.input)
    let half = Storage(count: x.matrix.count)
    let halves = Matrix(
      UnsafeMutableRawPointer(half.base), .bfloat16, rows: problem.tokens, columns: problem.input)
    if problem.dtype == .bfloat16 {
      let pool = ThreadPool(threadCount: 1)
      Elementwise.copy(x.matrix, to: halves, pool: pool)
      Elementwise.copy(halves, to: x.matrix, pool: pool)
    }
    let input = problem.dtype == .bfloat16 ? halves : x.matrix
    let weights = HeldWeights(seed: 2, rows: problem.output, columns: problem.input, format: problem.format)
    let start = GuardedMatrix(seed: 3, rows: problem.tokens, columns: problem.output).values
    for accumulates in [false, true] {
      let y = GuardedMatrix(start, rows: problem.tokens, columns: problem.output)
      weights.withScratch(dtype: problem.dtype, threadCount: 2) { scratch, pool in
        Linear.forward(
          input, weights.matrix, into: y.matrix, accumulates: accumulates, scratch: scratch, pool: pool)
      }
      let (a, w) = (x.doubles, weights.doubles)
      var (expected, bounds): ([Double], [Double]) = ([], [])
      for token in 0..<problem.tokens {
        for row in 0..<problem.output {
          let products = (0..<problem.input).map {
            a[token * problem.input + $0] * w[row * problem.input + $0]
          }
          let before = accumulates ? Double(start[token * problem.output + row]) : 0
          expected.append(before + products.reduce(0, +))
          // A product and its place in the sum round at most once each for every term of the sum. Weights beside
          // bfloat16 inputs are rounded to it, with an error of up to 2⁻⁸ of each, unless they are held so.
          let magnitude = abs(before) + products.reduce(0) { $0 + abs($1) }
          let isRounded = problem.dtype == .bfloat16 && problem.format != .bfloat16
          bounds.append((Double(problem.input + 2) * u + (isRounded ? 0x1p-8 : 0)) * magnitude)
        }
      }
      expectClose(y.values, expected, within: bounds)
      #expect(y.guardsAreIntact && x.guardsAreIntact)
    }
  }

  @Test("Rows of bfloat16 weights widen exactly, wherever they lie")
  func widening() {
    let weights = HeldWeights(seed: 4, rows: 5, columns: 37, format: .bfloat16)
    let y = GuardedMatrix(seed: 5, rows: 2, columns: 37)
    weights.matrix.rows(1..<3).widen(into: y.matrix)
    #expect(y.doubles == Array(weights.doubles[37..<3 * 37]))
    #expect(y.guardsAreIntact)
  }
}
