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

    /// No and one row; odd sizes; past one panel; a vector's width below, at and above; an inner dimension that packing
    /// cuts, in either direction; weights of more than one block; rows enough for each thread to have its own.
    static let all: [Problem] = [DType.float32, .bfloat16].flatMap { dtype in
      let formats: [WeightMatrix.Format] = [.float32, .bfloat16, .q8]
      return (formats + (dtype == .bfloat16 ? [.bfloat16Panels] : [])).flatMap { format in
        [
          (0, 3, 4), (1, 1, 1), (1, 7, 33), (1, 300, 576), (2, 5, 15), (3, 129, 17), (5, 1030, 48),
          (2, 40, 4101), (1, 4101, 40), (1, 2101, 1000), (900, 70, 33),
        ].map { Problem(tokens: $0.0, output: $0.1, input: $0.2, format: format, dtype: dtype) }
      }
    }

    /// Runs a product with a second term in both ways of writing its result, and compares it with double precision.
    ///
    /// - Parameters:
    ///   - inner: the columns of the left operand, whose products with the weights are summed.
    ///   - outer: the columns of the result.
    ///   - weight: the weight between an inner and an outer index.
    ///   - term: the second factor of the second term, at an inner and an outer index of its own.
    ///   - run: computes it from the left operands into the last matrix.
    func check(
      inner: Int, outer: Int, weight: (_ inner: Int, _ outer: Int) -> Double,
      term: (_ inner: Int, _ outer: Int) -> Double,
      run: (_ left: Matrix, _ second: Matrix, _ accumulates: Bool, _ result: Matrix) -> Void
    ) {
      let (left, second) = (
        LeftOperand(seed: 1, rows: tokens, columns: inner, dtype),
        LeftOperand(seed: 6, rows: tokens, columns: LinearTests.rank, dtype)
      )
      let start = GuardedMatrix(seed: 3, rows: tokens, columns: outer).values
      for accumulates in [false, true] {
        let result = GuardedMatrix(start, rows: tokens, columns: outer)
        run(left.matrix, second.matrix, accumulates, result.matrix)
        var (expected, bounds): ([Double], [Double]) = ([], [])
        for token in 0..<tokens {
          for column in 0..<outer {
            var sum = accumulates ? Double(start[token * outer + column]) : 0
            var magnitude = abs(sum)
            for index in 0..<inner {
              let product = left.doubles[token * inner + index] * weight(index, column)
              sum += product
              magnitude += abs(product)
            }
            for index in 0..<LinearTests.rank {
              let product = second.doubles[token * LinearTests.rank + index] * term(index, column)
              sum += product
              magnitude += abs(product)
            }
            expected.append(sum)
            // A product and its place in the sum round at most once each for every term of the sum. Factors beside
            // bfloat16 inputs are rounded to it, with an error of up to 2⁻⁸ of each.
            bounds.append(
              (Double(inner + LinearTests.rank + 3) * u + (dtype == .bfloat16 ? 0x1p-8 : 0)) * magnitude)
          }
        }
        expectClose(result.values, expected, within: bounds)
        #expect(result.guardsAreIntact)
      }
    }
  }

  /// The columns of the second term.
  static let rank = 3

  /// A left operand of either type, and its values.
  final class LeftOperand {
    let matrix: Matrix
    let doubles: [Double]
    private let (single, half): (GuardedMatrix, GuardedHalfMatrix)

    init(seed: UInt64, rows: Int, columns: Int, _ dtype: DType) {
      half = GuardedHalfMatrix(seed: seed, rows: rows, columns: columns)
      single = GuardedMatrix(half.values, rows: rows, columns: columns)
      matrix = dtype == .bfloat16 ? half.matrix : single.matrix
      doubles = single.doubles
    }
  }

  @Test("y = x·Wᵀ + u·Vᵀ, and y + that where it accumulates, in every format", arguments: Problem.all)
  func forward(problem: Problem) {
    let weights = HeldWeights(seed: 2, rows: problem.output, columns: problem.input, format: problem.format)
    let v = GuardedMatrix(seed: 7, rows: problem.output, columns: Self.rank)
    let (w, b) = (weights.doubles, v.doubles)
    weights.withScratch(dtype: problem.dtype, threadCount: 2) { scratch, pool in
      problem.check(
        inner: problem.input, outer: problem.output, weight: { w[$1 * problem.input + $0] },
        term: { b[$1 * Self.rank + $0] }
      ) { x, u, accumulates, y in
        Linear.forward(
          x, weights.matrix, plus: MatrixProduct.Term(u, v.matrix), into: y, accumulates: accumulates,
          scratch: scratch, pool: pool)
      }
    }
  }

  @Test("dx = dy·W + u·V, and dx + that where it accumulates, in every format", arguments: Problem.all)
  func inputGradient(problem: Problem) {
    let weights = HeldWeights(seed: 2, rows: problem.output, columns: problem.input, format: problem.format)
    let v = GuardedMatrix(seed: 7, rows: Self.rank, columns: problem.input)
    let (w, a) = (weights.doubles, v.doubles)
    weights.withScratch(dtype: problem.dtype, threadCount: 2) { scratch, pool in
      problem.check(
        inner: problem.output, outer: problem.input, weight: { w[$0 * problem.input + $1] },
        term: { a[$0 * problem.input + $1] }
      ) { dy, u, accumulates, dx in
        Linear.inputGradient(
          dy, weights.matrix, plus: MatrixProduct.Term(u, v.matrix), into: dx, accumulates: accumulates,
          scratch: scratch, pool: pool)
      }
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
