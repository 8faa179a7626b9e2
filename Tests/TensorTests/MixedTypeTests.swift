import CKernels
import Testing

@testable import Tensor

/// Kernels that take rows of either type compute in float32 whatever they read and write, so on bfloat16 rows they
/// give what they give on the same values in float32, rounded once. SwiGLU at the last level is an exception, which
/// `SwiGLUTests` holds to bounds.
@Suite("Rows of either type") struct MixedTypeTests {
  /// Runs `body` on float32 rows and on bfloat16 rows of the same values, and compares what it wrote.
  ///
  /// - Parameters:
  ///   - inputs: how many matrices `body` reads; it writes as many as `outputs`, which hold values before.
  private func expectSame(
    _ shape: KernelShape, inputs: Int, outputs: Int,
    _ body: (_ inputs: [lk_rows], _ outputs: [lk_rows]) -> Void
  ) {
    func halves(_ seeds: Range<Int>) -> [GuardedHalfMatrix] {
      seeds.map { GuardedHalfMatrix(seed: UInt64($0), rows: shape.rows, columns: shape.width) }
    }
    func singles(_ halves: [GuardedHalfMatrix]) -> [GuardedMatrix] {
      halves.map { GuardedMatrix($0.values, rows: shape.rows, columns: shape.width) }
    }
    let (read, written) = (halves(0..<inputs), halves(10..<10 + outputs))
    let (wideRead, wideWritten) = (singles(read), singles(written))
    body(read.map(\.rows), written.map(\.rows))
    body(wideRead.map(\.rows), wideWritten.map(\.rows))
    for (half, wide) in zip(written, wideWritten) {
      let rounded = GuardedHalfMatrix(wide)
      expectSameBits(half.values, rounded.values)
      #expect(half.guardsAreIntact && wide.guardsAreIntact)
    }
  }

  @Test("copy, add and dropout", arguments: KernelLevel.available, KernelShape.all)
  func elementwise(level: KernelLevel, shape: KernelShape) {
    expectSame(shape, inputs: 1, outputs: 1) { x, y in
      lk_copy(y[0], x[0], shape.rows, shape.width, level.code)
    }
    expectSame(shape, inputs: 1, outputs: 1) { x, y in
      lk_add(y[0], x[0], shape.rows, shape.width, level.code)
    }
    expectSame(shape, inputs: 1, outputs: 1) { x, y in
      lk_dropout(y[0], x[0], 7, 3, 1 << 23, 2, shape.rows, shape.width, level.code)
    }
  }

  @Test("RMSNorm and its backward", arguments: KernelLevel.available, KernelShape.all)
  func rmsNorm(level: KernelLevel, shape: KernelShape) {
    let gain = GuardedMatrix(seed: 20, rows: 1, columns: shape.width)
    let rstd = GuardedMatrix(row: normalValues(shape.rows, seed: 21).map(abs))
    expectSame(shape, inputs: 1, outputs: 1) { x, y in
      let rstd = GuardedMatrix(seed: 9, rows: 1, columns: shape.rows)
      lk_rmsnorm(y[0], rstd.base, lk_rows(), x[0], gain.base, 1e-5, shape.rows, shape.width, level.code)
    }
    expectSame(shape, inputs: 2, outputs: 1) { x, dx in
      lk_rmsnorm_backward(dx[0], x[0], x[1], rstd.base, gain.base, shape.rows, shape.width, level.code)
    }
    expectSame(shape, inputs: 2, outputs: 2) { x, dx in
      lk_rmsnorm_backward_add(
        dx[0], dx[1], x[0], x[1], rstd.base, gain.base, shape.rows, shape.width, level.code)
    }
  }

  @Test("rotation", arguments: KernelLevel.available)
  func rotary(level: KernelLevel) {
    let table = RotaryTable(inverseFrequencies: (0..<9).map { 1 / Float($0 + 1) }, maxPositions: 8)
    expectSame(KernelShape(rows: 3, width: 36), inputs: 0, outputs: 1) { _, x in
      lk_rotary(x[0], table.cosine.base, table.sine.base, [2, 7, 0], 1, 3, 2, 9, level.code)
    }
    withExtendedLifetime(table) {}
  }

  @Test(
    "SwiGLU and its backward", arguments: KernelLevel.available.filter { $0 != .avx512bf16 }, KernelShape.all)
  func swiGLU(level: KernelLevel, shape: KernelShape) {
    expectSame(shape, inputs: 2, outputs: 1) { x, h in
      lk_swiglu(h[0], x[0], x[1], shape.rows, shape.width, level.code)
    }
    expectSame(shape, inputs: 3, outputs: 3) { x, d in
      lk_swiglu_backward(d[0], d[1], d[2], x[0], x[1], x[2], shape.rows, shape.width, level.code)
    }
  }

  @Test(
    "SwiGLU's backward gives the forward's product, even in place of the gradients",
    arguments: KernelLevel.available)
  func swiGLUProduct(level: KernelLevel) {
    let shape = KernelShape(rows: 3, width: 33)
    let make = { GuardedHalfMatrix(seed: $0, rows: shape.rows, columns: shape.width) }
    let (gate, up, dh, h) = (make(1), make(2), make(3), make(4))
    lk_swiglu(h.rows, gate.rows, up.rows, shape.rows, shape.width, level.code)
    lk_swiglu_backward(
      gate.rows, up.rows, dh.rows, dh.rows, gate.rows, up.rows, shape.rows, shape.width, level.code)
    expectSameBits(dh.values, h.values)
  }

  @Test("gradients of the loss, in the first halves of their logits' rows", arguments: KernelLevel.available)
  func crossEntropy(level: KernelLevel) {
    let (rows, width) = (3, 70)
    let logits = GuardedMatrix(seed: 1, rows: rows, columns: width)
    let same = GuardedMatrix(seed: 1, rows: rows, columns: width)
    let losses = GuardedMatrix(seed: 2, rows: 2, columns: rows)
    let labels: [Int32] = [0, 69, 35]
    let half = Matrix(
      logits.matrix.address, .bfloat16, rows: rows, columns: width, stride: 2 * logits.matrix.stride)
    lk_cross_entropy_backward(
      losses.matrix.row(0), half.kernelRows, logits.base, logits.stride, labels, nil, 0.25, rows, width,
      level.code)
    lk_cross_entropy_backward(
      losses.matrix.row(1), same.rows, same.base, same.stride, labels, nil, 0.25, rows, width, level.code)
    let rounded = GuardedHalfMatrix(same)
    for row in 0..<rows {
      let bits = half.rowAddress(row).assumingMemoryBound(to: UInt16.self)
      expectSameBits(
        (0..<width).map { Float(bitPattern: UInt32(bits[$0]) << 16) },
        Array(rounded.values[row * width..<(row + 1) * width]))
    }
    #expect(logits.guardsAreIntact)
    expectSameBits(Array(losses.values[..<rows]), Array(losses.values[rows...]))
  }
}
