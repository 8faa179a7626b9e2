import CKernels
import Testing

@testable import Tensor

@Suite("SwiGLU") struct SwiGLUTests {
  struct Problem {
    let shape: KernelShape
    let gate, up, dh: GuardedMatrix

    init(_ shape: KernelShape, scale: Float = 3) {
      self.shape = shape
      gate = GuardedMatrix(seed: 1, rows: shape.rows, columns: shape.width, scale: scale)
      up = GuardedMatrix(seed: 2, rows: shape.rows, columns: shape.width, gap: 0)
      dh = GuardedMatrix(seed: 3, rows: shape.rows, columns: shape.width, gap: 1)
    }

    /// Leaves h in `h`, the forward's values.
    func backward(_ level: KernelLevel, dGate: GuardedMatrix, dUp: GuardedMatrix, h: GuardedMatrix? = nil) {
      let h = h ?? GuardedMatrix(seed: 9, rows: shape.rows, columns: shape.width)
      lk_swiglu_backward(
        dGate.rows, dUp.rows, h.rows, dh.rows, gate.rows, up.rows, shape.rows, shape.width, level.code)
    }
  }

  // At 40 times the normal scale, e^−gate overflows and underflows; at 2⁻¹³³, gates are denormal.
  static let scales: [Float] = [3, 40, 0x1p-133]

  @Test("forward agrees with the reference", arguments: KernelLevel.available, KernelShape.all)
  func forward(level: KernelLevel, shape: KernelShape) {
    for scale in SwiGLUTests.scales {
      let problem = Problem(shape, scale: scale)
      let expected = Reference.swiGLU(gate: problem.gate.doubles, up: problem.up.doubles)
      let run = { (level: KernelLevel) in
        let h = GuardedMatrix(seed: 9, rows: shape.rows, columns: shape.width)
        lk_swiglu(
          h.rows, problem.gate.rows, problem.up.rows, shape.rows, shape.width, level.code)
        #expect(h.guardsAreIntact)
        return h.values
      }
      // The exponential is within 4u, sum and quotient add 2u, the products 2u. Where e^−gate is beyond
      // float32, σ < 2⁻¹²⁷ comes out as zero.
      let products = zip(problem.gate.doubles, problem.up.doubles).map { abs($0 * $1) }
      let bounds = zip(expected, products).map { abs($0) * 9 * u + $1 * 0x1p-126 + 0x1p-148 }
      expectClose(run(level), expected, within: bounds)
      expectSameBits(run(level), run(.scalar))
    }
  }

  @Test("backward agrees with the reference", arguments: KernelLevel.available, KernelShape.all)
  func backward(level: KernelLevel, shape: KernelShape) {
    for scale in SwiGLUTests.scales {
      let problem = Problem(shape, scale: scale)
      let (gate, up, dh) = (problem.gate.doubles, problem.up.doubles, problem.dh.doubles)
      let expected = Reference.swiGLUBackward(dh: dh, gate: gate, up: up)
      let run = { (level: KernelLevel) in
        let dGate = GuardedMatrix(seed: 8, rows: shape.rows, columns: shape.width)
        let dUp = GuardedMatrix(seed: 9, rows: shape.rows, columns: shape.width)
        problem.backward(level, dGate: dGate, dUp: dUp)
        #expect(dGate.guardsAreIntact && dUp.guardsAreIntact)
        return (dGate.values, dUp.values)
      }
      let (dGate, dUp) = run(level)
      // As forward; 1 + gate·(1 − σ) may cancel, so its bound is that of 1 + |gate|.
      let sigmas = gate.map(Reference.sigmoid)
      let gateBounds = gate.indices.map {
        abs(dh[$0] * up[$0]) * (1 + abs(gate[$0])) * (sigmas[$0] * 16 * u + 0x1p-126) + 0x1p-148
      }
      let upBounds = gate.indices.map {
        abs(dh[$0] * gate[$0]) * (sigmas[$0] * 9 * u + 0x1p-126) + 0x1p-148
      }
      expectClose(dGate, expected.dGate, within: gateBounds, "dGate")
      expectClose(dUp, expected.dUp, within: upBounds, "dUp")
      expectSameBits(dGate, run(.scalar).0)
      expectSameBits(dUp, run(.scalar).1)
    }
  }

  @Test(
    "in bfloat16 both are a rounding from the reference", arguments: KernelLevel.available, KernelShape.all)
  func halves(level: KernelLevel, shape: KernelShape) {
    for scale in [Float(3), 40] {
      func make(_ seed: UInt64, _ scale: Float = 1) -> GuardedHalfMatrix {
        GuardedHalfMatrix(
          normalValues(shape.count, seed: seed).map { scale * $0 }, rows: shape.rows, columns: shape.width)
      }
      let (gate, up, dh) = (make(1, scale), make(2), make(3))
      let (h, dGate, dUp, again) = (make(4), make(5), make(6), make(7))
      lk_swiglu(h.rows, gate.rows, up.rows, shape.rows, shape.width, level.code)
      lk_swiglu_backward(
        dGate.rows, dUp.rows, again.rows, dh.rows, gate.rows, up.rows, shape.rows, shape.width, level.code)
      expectSameBits(again.values, h.values)
      for written in [h, dGate, dUp, again] { #expect(written.guardsAreIntact) }

      let (g, u, d) = (gate.doubles, up.doubles, dh.doubles)
      let forward = Reference.swiGLU(gate: g, up: u)
      let backward = Reference.swiGLUBackward(dh: d, gate: g, up: u)
      let sigmas = g.map(Reference.sigmoid)
      // An exponential within 2⁻¹³ and a quotient within 2⁻¹⁴ bring σ within 1.5·2⁻¹³, and 1 − σ, the product of both,
      // within 2.5·2⁻¹³; the roundings of float32 fit into the next power of two. Then the result is rounded. σ and
      // results come out as 0 below 2⁻¹²⁶.
      let (sigmaError, slopeError, least) = (0x1p-12, 0x1p-11, 0x1p-125)
      func bounds(_ expected: [Double], _ error: (Int) -> Double) -> [Double] {
        expected.indices.map { abs(expected[$0]) * halfUnit + (1 + halfUnit) * error($0) + least }
      }
      expectClose(
        h.values, forward,
        within: bounds(forward) { abs(g[$0] * u[$0]) * (sigmas[$0] * sigmaError + least) }, "h")
      expectClose(
        dUp.values, backward.dUp,
        within: bounds(backward.dUp) { abs(g[$0] * d[$0]) * (sigmas[$0] * sigmaError + least) }, "dUp")
      // σ·(1 + gate·(1 − σ)) may cancel: the bound is that of the sum of both.
      let slopes = g.indices.map { sigmas[$0] * (1 + abs(g[$0]) * (1 - sigmas[$0])) }
      expectClose(
        dGate.values, backward.dGate,
        within: bounds(backward.dGate) {
          abs(d[$0] * u[$0]) * (slopes[$0] * slopeError + (1 + abs(g[$0])) * least)
        }, "dGate")
    }
  }

  @Test("infinite gates in bfloat16", arguments: KernelLevel.available)
  func infiniteGates(level: KernelLevel) {
    let gate = GuardedHalfMatrix([.infinity, 3e38, -3e38, .nan], rows: 1, columns: 4)
    let (up, h) = (
      GuardedHalfMatrix([2, 1, 1, 1], rows: 1, columns: 4), GuardedHalfMatrix(rows: 1, columns: 4)
    )
    lk_swiglu(h.rows, gate.rows, up.rows, 1, 4, level.code)
    let values = h.values
    expectSameBits(Array(values[..<2]), Array(gate.values[..<2]))
    #expect(values[2] == 0 && values[3].isNaN)
  }

  @Test("backward may overwrite gate and up", arguments: KernelLevel.available, KernelShape.all)
  func inPlace(level: KernelLevel, shape: KernelShape) {
    let problem = Problem(shape)
    let dGate = GuardedMatrix(seed: 8, rows: shape.rows, columns: shape.width)
    let dUp = GuardedMatrix(seed: 9, rows: shape.rows, columns: shape.width)
    problem.backward(level, dGate: dGate, dUp: dUp)
    problem.backward(level, dGate: problem.gate, dUp: problem.up)
    expectSameBits(problem.gate.values, dGate.values)
    expectSameBits(problem.up.values, dUp.values)
  }

  @Test("NaN stays NaN", arguments: KernelLevel.available)
  func notANumber(level: KernelLevel) {
    let (gate, up) = (GuardedMatrix(row: [.nan, 1]), GuardedMatrix(row: [1, .nan]))
    let h = GuardedMatrix(row: [0, 0])
    lk_swiglu(h.rows, gate.rows, up.rows, 1, 2, level.code)
    #expect(h.values[0].isNaN && h.values[1].isNaN)
  }

  @Test("the reference's gradients are those of its forward")
  func finiteDifferences() {
    let problem = Problem(KernelShape(rows: 2, width: 5))
    let (gate, up, dh) = (problem.gate.doubles, problem.up.doubles, problem.dh.doubles)
    let gradients = Reference.swiGLUBackward(dh: dh, gate: gate, up: up)
    expectGradient(
      gradients.dGate, of: { dot(dh, Reference.swiGLU(gate: $0, up: up)) }, at: gate, scale: 10)
    expectGradient(gradients.dUp, of: { dot(dh, Reference.swiGLU(gate: gate, up: $0)) }, at: up, scale: 10)
  }
}
