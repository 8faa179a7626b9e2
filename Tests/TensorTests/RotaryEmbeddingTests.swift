import CKernels
import Foundation
import Testing

@testable import Tensor

@Suite("RotaryEmbedding") struct RotaryEmbeddingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let rows, heads, headDimension: Int
    var testDescription: String { "\(rows) rows, \(heads) heads of \(headDimension)" }
    var frequencies: [Float] {
      let half = headDimension / 2
      return (0..<half).map { Float(pow(10_000, -Double($0) / Double(half))) }
    }
    /// Positions restart, as in a packed batch.
    var positions: [Int32] { (0..<rows).map { Int32($0 * 7 % 50) } }
  }

  static let cases = [(0, 1, 2), (1, 1, 2), (3, 2, 6), (5, 3, 16), (4, 2, 64), (2, 1, 100)]
    .map { Case(rows: $0.0, heads: $0.1, headDimension: $0.2) }

  func rotate(_ x: GuardedMatrix, _ problem: Case, inverse: Bool, level: KernelLevel) {
    let table = RotaryTable(inverseFrequencies: problem.frequencies, maxPositions: 50)
    lk_rotary(
      x.rows, table.cosine.base, table.sine.base, problem.positions + [0], inverse ? -1 : 1,
      problem.rows, problem.heads, problem.headDimension / 2, level.code)
    withExtendedLifetime(table) {}
  }

  @Test("apply agrees with the reference", arguments: KernelLevel.available, cases)
  func apply(level: KernelLevel, problem: Case) {
    let width = problem.heads * problem.headDimension
    for inverse in [false, true] {
      let x = GuardedMatrix(seed: 1, rows: problem.rows, columns: width)
      let scalar = GuardedMatrix(seed: 1, rows: problem.rows, columns: width)
      let expected = Reference.rotary(
        x.doubles, width: width, inverseFrequencies: problem.frequencies.map(Double.init),
        positions: problem.positions.map(Int.init), inverse: inverse)
      // Two products and a sum; the tables are rounded once, from an angle below 50 that was rounded once.
      let magnitude = x.doubles.map(abs).max() ?? 0
      let bounds = expected.map { _ in 2 * magnitude * (4 + 50) * u }
      rotate(x, problem, inverse: inverse, level: level)
      expectClose(x.values, expected, within: bounds)
      rotate(scalar, problem, inverse: inverse, level: .scalar)
      expectSameBits(x.values, scalar.values)
      #expect(x.guardsAreIntact)
    }
  }

  @Test("the inverse is the transpose, so it is the backward")
  func transpose() {
    let problem = Case(rows: 4, heads: 2, headDimension: 8)
    let x = GuardedMatrix(seed: 1, rows: 4, columns: 16)
    let dy = GuardedMatrix(seed: 2, rows: 4, columns: 16)
    let (x0, dy0) = (x.doubles, dy.doubles)
    rotate(x, problem, inverse: false, level: .scalar)
    rotate(dy, problem, inverse: true, level: .scalar)
    // ⟨dy, R·x⟩ = ⟨Rᵀ·dy, x⟩, with five roundings in each of 64 terms.
    #expect(abs(dot(dy0, x.doubles) - dot(dy.doubles, x0)) <= 2 * 64 * 5 * u * 4)
  }

  @Test("angles are float32 products, as in transformers")
  func angles() {
    let frequency: Float = 0.7498942
    let table = RotaryTable(inverseFrequencies: [frequency], maxPositions: 8001)
    let angle = Double(Float(8000) * frequency)
    #expect(angle != 8000 * Double(frequency))
    #expect(table.cosine.row(8000)[0] == Float(cos(angle)))
    #expect(table.sine.row(8000)[0] == Float(sin(angle)))
    #expect(table.cosine.row(0)[0] == 1 && table.sine.row(0)[0] == 0)
  }
}
