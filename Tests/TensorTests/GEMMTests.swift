import Testing

@testable import Tensor

@Suite("GEMM") struct GEMMTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let m, n, k: Int
    var testDescription: String { "\(m)x\(n)x\(k)" }
  }

  // Single elements; ragged sizes; products that are cut by rows, and by columns, into several tasks; and one row
  // in one task and in several.
  static let cases = [
    (1, 1, 1), (3, 5, 7), (17, 16, 33), (70, 1, 9), (400, 30, 301), (30, 400, 301), (1, 70, 33),
    (1, 4001, 70),
  ].map { Case(m: $0.0, n: $0.1, k: $0.2) }

  @Test("products agree with the reference over transposes, factors and strides", arguments: cases)
  func agreesWithReference(_ size: Case) {
    let (m, n, k) = (size.m, size.n, size.k)
    let pool = ThreadPool(threadCount: 2)
    for (transposeA, transposeB) in [(false, false), (false, true), (true, false), (true, true)] {
      let a = GuardedMatrix(seed: 1, rows: transposeA ? k : m, columns: transposeA ? m : k)
      let b = GuardedMatrix(seed: 2, rows: transposeB ? n : k, columns: transposeB ? k : n, gap: 1)
      let product = { (a: [Double], b: [Double]) in
        Reference.product(a, transposeA: transposeA, b, transposeB: transposeB, m: m, n: n, k: k)
      }
      let expected = product(a.doubles, b.doubles)
      let magnitudes = product(a.doubles.map(abs), b.doubles.map(abs))
      for (alpha, beta) in [(Float(1), Float(0)), (0.5, 1), (-2, 0.25)] {
        let c = GuardedMatrix(seed: 3, rows: m, columns: n)
        let before = c.doubles
        GEMM.multiply(
          a.matrix, transposeA: transposeA, b.matrix, transposeB: transposeB, into: c.matrix, alpha: alpha,
          beta: beta, pool: pool)
        // k products and their sum, two factors and one more sum.
        let bounds = zip(magnitudes, before).map {
          (Double(abs(alpha)) * $0 + Double(beta) * abs($1)) * Double(k + 3) * u
        }
        expectClose(
          c.values, zip(expected, before).map { Double(alpha) * $0 + Double(beta) * $1 }, within: bounds)
        #expect(c.guardsAreIntact)
      }
    }
  }

  @Test("beta 0 overwrites NaN")
  func overwrites() {
    let (a, b) = (GuardedMatrix(row: [2]), GuardedMatrix(row: [3]))
    let c = GuardedMatrix(row: [.nan])
    GEMM.multiply(a.matrix, b.matrix, into: c.matrix, pool: ThreadPool(threadCount: 1))
    #expect(c.values == [6])
  }

  @Test("an empty inner dimension leaves beta times C")
  func emptyInner() {
    let c = GuardedMatrix(row: [4, 6])
    let a = Matrix(c.base, rows: 1, columns: 0)
    let b = Matrix(c.base, rows: 0, columns: 2)
    GEMM.multiply(a, b, into: c.matrix, beta: 0.5, pool: ThreadPool(threadCount: 1))
    #expect(c.values == [2, 3])
  }
}
