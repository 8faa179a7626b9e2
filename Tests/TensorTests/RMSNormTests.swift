import CKernels
import Testing

@testable import Tensor

@Suite("RMSNorm") struct RMSNormTests {
  struct Problem {
    let shape: KernelShape
    let x, gain, dy: GuardedMatrix
    let rstd: GuardedMatrix

    init(_ shape: KernelShape, scale: Float = 1) {
      self.shape = shape
      x = GuardedMatrix(seed: 1, rows: shape.rows, columns: shape.width, scale: scale)
      gain = GuardedMatrix(seed: 2, rows: 1, columns: shape.width)
      dy = GuardedMatrix(seed: 3, rows: shape.rows, columns: shape.width, gap: 1)
      let forward = Reference.rmsNorm(x.doubles, gain: gain.doubles, epsilon: 1e-5)
      rstd = GuardedMatrix(row: forward.rstd.map { Float($0) })
    }

    var width: Int { shape.width }

    /// The reference gradients from the same float32 rstd that the kernels read.
    var gradients: (dx: [Double], dGain: [Double]) {
      Reference.rmsNormBackward(dy: dy.doubles, x: x.doubles, rstd: rstd.doubles, gain: gain.doubles)
    }

    /// |r·h| + |x|·r³/C·Σ|h ⊙ x|, each with at most width/16 + 16 roundings.
    var bounds: [Double] {
      let (gain, dy, x, r) = (gain.doubles, dy.doubles, x.doubles, rstd.doubles)
      let rh = dy.indices.map { abs(r[$0 / width] * dy[$0] * gain[$0 % width]) }
      let difference = Reference.rmsNormBackward(
        dy: dy.map(abs), x: x.map(abs), rstd: r, gain: gain.map(abs)
      ).dx
      // With magnitudes for its inputs, the gradient is the difference of the two terms.
      return zip(rh, difference).map { (2 * $0 - $1) * Double(width / 16 + 16) * u + 0x1p-148 }
    }

    func dx(_ level: KernelLevel, into dx: GuardedMatrix) {
      lk_rmsnorm_backward(dx.rows, dy.rows, x.rows, rstd.base, gain.base, shape.rows, width, level.code)
    }
  }

  @Test("forward agrees with the reference", arguments: KernelLevel.available, KernelShape.all)
  func forward(level: KernelLevel, shape: KernelShape) {
    // Denormal rows too: their squares vanish beside ε.
    for problem in [Problem(shape), Problem(shape, scale: 0x1p-133)] {
      let expected = Reference.rmsNorm(problem.x.doubles, gain: problem.gain.doubles, epsilon: 1e-5)
      let run = { (level: KernelLevel) in
        let y = GuardedMatrix(seed: 9, rows: shape.rows, columns: shape.width)
        let rstd = GuardedMatrix(seed: 9, rows: 1, columns: shape.rows)
        let kept = GuardedMatrix(seed: 9, rows: shape.rows, columns: shape.width)
        lk_rmsnorm(
          y.rows, rstd.base, kept.rows, problem.x.rows, problem.gain.base, 1e-5, shape.rows, shape.width,
          level.code)
        #expect(y.guardsAreIntact && rstd.guardsAreIntact && kept.guardsAreIntact)
        expectSameBits(kept.values, problem.x.values)
        let again = GuardedMatrix(seed: 9, rows: shape.rows, columns: shape.width)
        lk_rmsnorm_apply(
          again.rows, kept.rows, rstd.base, problem.gain.base, shape.rows, shape.width, level.code)
        #expect(again.guardsAreIntact)
        expectSameBits(again.values, y.values)
        return (y.values, rstd.values)
      }
      let (y, rstd) = run(level)
      // A sum of `width` positive terms in 16 parts, a root that halves its error, and eight roundings around.
      let relative = Double(shape.width / 16 + 4) / 2 * u + 8 * u
      expectClose(rstd, expected.rstd, within: expected.rstd.map { $0 * relative })
      expectClose(y, expected.y, within: expected.y.map { abs($0) * relative + 0x1p-148 })
      expectSameBits(y, run(.scalar).0)
      expectSameBits(rstd, run(.scalar).1)
    }
  }

  @Test("backward agrees with the reference", arguments: KernelLevel.available, KernelShape.all)
  func backward(level: KernelLevel, shape: KernelShape) {
    let problem = Problem(shape)
    let dx = GuardedMatrix(seed: 8, rows: shape.rows, columns: shape.width)
    problem.dx(level, into: dx)
    expectClose(dx.values, problem.gradients.dx, within: problem.bounds)
    let scalar = GuardedMatrix(seed: 8, rows: shape.rows, columns: shape.width)
    problem.dx(.scalar, into: scalar)
    expectSameBits(dx.values, scalar.values)
    #expect(dx.guardsAreIntact)
  }

  @Test("the check of backward fails when its second term is dropped")
  func negativeControl() {
    let problem = Problem(KernelShape(rows: 2, width: 896))
    let dx = GuardedMatrix(seed: 8, rows: 2, columns: 896)
    problem.dx(.scalar, into: dx)
    let dropped = problem.dy.doubles.enumerated().map {
      $1 * problem.gain.doubles[$0 % 896] * problem.rstd.doubles[$0 / 896]
    }
    #expect(firstMiss(dx.values, dropped, within: problem.bounds) != nil)
  }

  @Test("backward may overwrite dy", arguments: KernelLevel.available, KernelShape.all)
  func inPlace(level: KernelLevel, shape: KernelShape) {
    let problem = Problem(shape)
    let dx = GuardedMatrix(seed: 8, rows: shape.rows, columns: shape.width)
    problem.dx(level, into: dx)
    problem.dx(level, into: problem.dy)
    expectSameBits(problem.dy.values, dx.values)
  }

  @Test("backward adds to what dx holds", arguments: KernelLevel.available, KernelShape.all)
  func accumulating(level: KernelLevel, shape: KernelShape) {
    let problem = Problem(shape)
    let overwritten = GuardedMatrix(seed: 8, rows: shape.rows, columns: shape.width)
    let added = GuardedMatrix(seed: 8, rows: shape.rows, columns: shape.width)
    let before = added.values
    problem.dx(level, into: overwritten)
    let copy = GuardedMatrix(seed: 10, rows: shape.rows, columns: shape.width)
    lk_rmsnorm_backward_add(
      added.rows, copy.rows, problem.dy.rows, problem.x.rows, problem.rstd.base, problem.gain.base,
      shape.rows,
      shape.width, level.code)
    expectSameBits(added.values, zip(before, overwritten.values).map(+))
    expectSameBits(copy.values, added.values)
    #expect(added.guardsAreIntact && copy.guardsAreIntact)
  }

  @Test("the gain's gradient agrees with the reference", arguments: KernelLevel.available, KernelShape.all)
  func gainGradient(level: KernelLevel, shape: KernelShape) {
    let problem = Problem(shape)
    let dGain = GuardedMatrix(seed: 7, rows: 1, columns: shape.width)
    let expected = zip(dGain.doubles, problem.gradients.dGain).map(+)
    let magnitudes = Reference.rmsNormBackward(
      dy: problem.dy.doubles.map(abs), x: problem.x.doubles.map(abs), rstd: problem.rstd.doubles,
      gain: problem.gain.doubles
    ).dGain
    // Partial sums of 64 rows, then the sum of those and what was there, and three products.
    let bounds = zip(dGain.doubles, magnitudes).map {
      (abs($0) + $1) * Double(64 + shape.rows / 64 + 4) * u
    }
    lk_rmsnorm_gain_gradient_f32(
      dGain.base, problem.dy.base, problem.dy.stride, problem.x.base, problem.x.stride, problem.rstd.base,
      shape.rows, shape.width, level.code)
    expectClose(dGain.values, expected, within: bounds)
    #expect(dGain.guardsAreIntact)
  }

  @Test("the reference's gradients are those of its forward")
  func finiteDifferences() {
    let problem = Problem(KernelShape(rows: 2, width: 5))
    let (x, gain, dy) = (problem.x.doubles, problem.gain.doubles, problem.dy.doubles)
    let rstd = Reference.rmsNorm(x, gain: gain, epsilon: 1e-5).rstd
    let gradients = Reference.rmsNormBackward(dy: dy, x: x, rstd: rstd, gain: gain)
    expectGradient(
      gradients.dx, of: { dot(dy, Reference.rmsNorm($0, gain: gain, epsilon: 1e-5).y) }, at: x, scale: 10)
    expectGradient(
      gradients.dGain, of: { dot(dy, Reference.rmsNorm(x, gain: $0, epsilon: 1e-5).y) }, at: gain, scale: 10)
  }
}
