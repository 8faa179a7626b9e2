import CKernels
import Testing

@testable import Tensor

@Suite("Dropout") struct DropoutTests {
  func drop(_ x: [Float], rows: Int, columns: Int, rate: Float, seed: UInt64) -> [Float] {
    let source = GuardedMatrix(x, rows: rows, columns: columns, gap: 1)
    let y = GuardedMatrix(seed: 9, rows: rows, columns: columns)
    Dropout.forward(source.matrix, into: y.matrix, rate: rate, seed: seed, pool: ThreadPool(threadCount: 2))
    #expect(y.guardsAreIntact && source.guardsAreIntact)
    return y.values
  }

  @Test("every level keeps the same elements", arguments: KernelLevel.available, KernelShape.all)
  func levels(level: KernelLevel, shape: KernelShape) {
    let run = { (level: KernelLevel) in
      let x = GuardedMatrix(seed: 1, rows: shape.rows, columns: shape.width)
      lk_dropout(
        x.rows, x.rows, 7, 3, 1 << 23, 2, shape.rows, shape.width, level.code)
      #expect(x.guardsAreIntact)
      return x.values
    }
    let before = GuardedMatrix(seed: 1, rows: shape.rows, columns: shape.width).values
    #expect(zip(run(level), before).allSatisfy { $0 == 0 || $0 == 2 * $1 })
    expectSameBits(run(level), run(.scalar))
  }

  @Test("the share that is kept is 1 − rate, and it is scaled up", arguments: [Float(0.05), 0.5, 0.9])
  func share(rate: Float) {
    let ones = [Float](repeating: 1, count: 200_000)
    let y = drop(ones, rows: 200, columns: 1000, rate: rate, seed: 11)
    let isScaled = y.allSatisfy { $0 == 0 || $0 == 1 / (1 - rate) }
    #expect(isScaled)
    let kept = Double(y.count { $0 != 0 })
    // Five standard deviations of a binomial count.
    let expected = 200_000 * (1 - Double(rate))
    #expect(abs(kept - expected) <= 5 * (expected * Double(rate)).squareRoot())
  }

  @Test("rows, columns and seeds are independent of each other")
  func independence() {
    let ones = [Float](repeating: 1, count: 100_000)
    let a = drop(ones, rows: 100, columns: 1000, rate: 0.5, seed: 1).map { $0 == 0 ? -1.0 : 1.0 }
    let b = drop(ones, rows: 100, columns: 1000, rate: 0.5, seed: 2).map { $0 == 0 ? -1.0 : 1.0 }
    // Fair signs agree as often as not: five standard deviations of a sum of 10⁵ of them.
    let limit = 5 * 100_000.0.squareRoot()
    #expect(abs(dot(a, b)) <= limit)
    #expect(abs(dot(a, Array(a.dropFirst(1000)))) <= limit)
    #expect(abs(dot(a, Array(a.dropFirst(1)))) <= limit)
  }

  @Test("rate 0 keeps everything as it is")
  func none() {
    let x = normalValues(300, seed: 3)
    expectSameBits(drop(x, rows: 3, columns: 100, rate: 0, seed: 5), x)
  }

  @Test("the same call on the gradient is the backward")
  func backward() {
    let (x, dy) = (normalValues(300, seed: 1), normalValues(300, seed: 2))
    let y = drop(x, rows: 3, columns: 100, rate: 0.3, seed: 5)
    let dx = drop(dy, rows: 3, columns: 100, rate: 0.3, seed: 5)
    #expect(zip(y, dx).allSatisfy { ($0 == 0) == ($1 == 0) })
    // y is linear in x: ⟨dy, y⟩ = ⟨dx, x⟩, with two roundings in each of 300 terms of a few units.
    #expect(
      abs(dot(dy.map(Double.init), y.map(Double.init)) - dot(dx.map(Double.init), x.map(Double.init))) <= 300
        * 40 * u)
  }
}
