import CKernels
import Testing

@testable import Tensor

@Suite("AdamW") struct AdamWTests {
  @Test("five steps agree with the reference", arguments: [0, 1, 7, 16, 33, 100_001], [0.0, 0.1])
  func agreesWithReference(count: Int, weightDecay: Double) {
    let p = GuardedMatrix(seed: 1, rows: 1, columns: count)
    let m = GuardedMatrix(row: [Float](repeating: 0, count: count))
    let v = GuardedMatrix(row: [Float](repeating: 0, count: count))
    var expected = p.doubles.map { Reference.AdamWState(parameter: $0, first: 0, second: 0) }
    let pool = ThreadPool(threadCount: 2)
    for step in 1...5 {
      // Gradients from 1e-6 to 1, so that ε matters to some.
      let g = GuardedMatrix(
        row: normalValues(count, seed: UInt64(step)).enumerated().map { $1 * ($0 % 2 == 0 ? 1 : 1e-6) })
      AdamW.update(
        parameters: p.base, gradients: g.base, firstMoments: m.base, secondMoments: v.base, count: count,
        learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: weightDecay, step: step,
        gradientScale: 0.5, pool: pool)
      for (index, gradient) in g.doubles.enumerated() {
        expected[index].step(
          gradient: gradient * 0.5, learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
          weightDecay: weightDecay, step: step)
      }
    }
    // Moments have five roundings a step; first moments may cancel, so theirs is on the scale of the gradients.
    // A parameter moves by at most lr·3 a step in these five, with 20u of that, and is rounded twice a step.
    expectClose(m.values, expected.map(\.first), within: expected.map { _ in 25 * 4 * u }, "m")
    expectClose(v.values, expected.map(\.second), within: expected.map { $0.second * 25 * u }, "v")
    expectClose(
      p.values, expected.map(\.parameter),
      within: expected.map { (10 * (abs($0.parameter) + 0.15) + 0.15 * 100) * u }, "p")
    #expect(p.guardsAreIntact && m.guardsAreIntact && v.guardsAreIntact)
  }

  @Test("every level takes the same step", arguments: KernelLevel.available, [1, 15, 16, 100])
  func levels(level: KernelLevel, count: Int) {
    let constants = lk_adamw_constants(
      gradient_scale: 0.7, decay: 0.999, one_minus_beta1: 0.1, beta2: 0.99, one_minus_beta2: 0.01,
      step_size: 0.02, root_correction: 0.3, epsilon: 1e-8)
    let run = { (level: KernelLevel) in
      let (p, m) = (
        GuardedMatrix(seed: 1, rows: 1, columns: count), GuardedMatrix(seed: 2, rows: 1, columns: count)
      )
      let v = GuardedMatrix(row: normalValues(count, seed: 3).map(abs))
      let g = GuardedMatrix(seed: 4, rows: 1, columns: count)
      lk_adamw_f32(p.base, m.base, v.base, g.base, constants, count, level.code)
      #expect([p, m, v, g].allSatisfy { $0.guardsAreIntact })
      return p.values + m.values + v.values
    }
    expectSameBits(run(level), run(.scalar))
  }
}
