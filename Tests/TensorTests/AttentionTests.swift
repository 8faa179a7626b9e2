import CKernels
import Foundation
import Testing

@testable import Tensor

@Suite("Attention") struct AttentionTests {
  // Group sizes 1, 2 and 3; sequences of one token and of none; longer than a block of queries, than a block of
  // keys, and long enough for the backward to be cut into parts; and those for strips.
  static let problems =
    [
      AttentionProblem(heads: 2, keyValueHeads: 2, headDimension: 8, lengths: [1]),
      AttentionProblem(heads: 4, keyValueHeads: 2, headDimension: 6, lengths: [1, 5, 70, 0, 3, 64, 65]),
      AttentionProblem(heads: 3, keyValueHeads: 1, headDimension: 16, lengths: [130, 2]),
      AttentionProblem(heads: 2, keyValueHeads: 1, headDimension: 4, lengths: [9, 520]),
    ] + HalfAttentionTests.problems

  @Test("forward and backward agree with the reference", arguments: problems, [false, true])
  func agreesWithReference(_ problem: AttentionProblem, usesStrips: Bool) {
    let (q, k, v, dO) = problem.inputs
    let outputs = problem.run(usesStrips: usesStrips)
    let forward = Reference.attention(q: q.doubles, k: k.doubles, v: v.doubles, problem.shape)
    let backward = Reference.attentionBackward(
      dO: dO.doubles, q: q.doubles, k: k.doubles, v: v.doubles, problem.shape)
    let bounds = problem.bounds(q.doubles, k.doubles, v.doubles, dO.doubles, forward.o)
    expectClose(outputs.o.values, forward.o, within: bounds[0], "o")
    expectClose(outputs.logSumExp.values, forward.logSumExp, within: bounds[1], "log-sum-exp")
    expectClose(outputs.dq.values, backward.dq, within: bounds[2], "dq")
    expectClose(outputs.dk.values, backward.dk, within: bounds[3], "dk")
    expectClose(outputs.dv.values, backward.dv, within: bounds[4], "dv")
    for matrix in [q, k, v, dO] + outputs.all { #expect(matrix.guardsAreIntact) }
  }

  @Test("the check fails where a sequence sees its neighbour")
  func negativeControl() {
    let problem = AttentionTests.problems[2]
    let (q, k, v, dO) = problem.inputs
    let outputs = problem.run(usesStrips: false)
    let joined = AttentionProblem(heads: 3, keyValueHeads: 1, headDimension: 16, lengths: [132])
    let wrong = Reference.attention(q: q.doubles, k: k.doubles, v: v.doubles, joined.shape)
    let bounds = problem.bounds(q.doubles, k.doubles, v.doubles, dO.doubles, wrong.o)
    // The first sequence is the same in both; its neighbour is not.
    #expect(firstMiss(outputs.o.values, wrong.o, within: bounds[0]) == 130 * problem.width)
  }

  @Test("a packed sequence has the bits that it has alone", arguments: [false, true])
  func packing(usesStrips: Bool) {
    let lengths = [70, 1, 129, 5]
    let packed = AttentionProblem(heads: 4, keyValueHeads: 2, headDimension: 8, lengths: lengths)
    let (q, k, v, dO) = packed.inputs
    let together = packed.run(usesStrips: usesStrips)
    for (index, length) in lengths.enumerated() {
      let alone = AttentionProblem(heads: 4, keyValueHeads: 2, headDimension: 8, lengths: [length])
      let rows = packed.offsets[index]..<packed.offsets[index + 1]
      let cut = { (matrix: GuardedMatrix) in
        let width = matrix.matrix.columns
        return Array(matrix.values[rows.lowerBound * width..<rows.upperBound * width])
      }
      let part = { (matrix: GuardedMatrix) in
        GuardedMatrix(cut(matrix), rows: length, columns: matrix.matrix.columns)
      }
      let (qPart, kPart, vPart, dOPart) = (part(q), part(k), part(v), part(dO))
      let make = { GuardedMatrix(seed: 9, rows: length, columns: $0) }
      let (o, logSumExp, dq) = (make(alone.width), make(alone.heads), make(alone.width))
      let (dk, dv) = (make(alone.keyWidth), make(alone.keyWidth))
      alone.withScratch(threadCount: 1, usesStrips: usesStrips) { scratch, pool in
        Attention.forward(
          q: qPart.matrix, k: kPart.matrix, v: vPart.matrix, offsets: [0, length], headDimension: 8,
          scale: alone.scale, into: o.matrix, logSumExp: logSumExp.matrix, scratch: scratch, pool: pool)
        Attention.backward(
          dq: dq.matrix, dk: dk.matrix, dv: dv.matrix, dO: dOPart.matrix, q: qPart.matrix,
          k: kPart.matrix, v: vPart.matrix, o: o.matrix, logSumExp: logSumExp.matrix,
          offsets: [0, length], headDimension: 8, scale: alone.scale, scratch: scratch, pool: pool)
      }
      for (own, all) in zip([o, logSumExp, dq, dk, dv], together.all) { expectSameBits(own.values, cut(all)) }
    }
  }

  @Test("decoding gives the rows of the forward", arguments: [1, 2, 7, 64, 150], [false, true])
  func decode(step: Int, usesStrips: Bool) {
    let problem = AttentionProblem(heads: 4, keyValueHeads: 2, headDimension: 8, lengths: [150])
    let (q, k, v, dO) = problem.inputs
    let expected = Reference.attention(q: q.doubles, k: k.doubles, v: v.doubles, problem.shape).o
    let o = GuardedMatrix(seed: 9, rows: 150, columns: problem.width)
    problem.withScratch(threadCount: 2, usesStrips: usesStrips) { scratch, pool in
      for start in stride(from: 0, to: 150, by: step) {
        let rows = start..<min(150, start + step)
        // The cache holds later keys here, which must not be seen.
        Attention.decode(
          q: q.matrix.rows(rows), keys: k.matrix, values: v.matrix, start: start, headDimension: 8,
          scale: problem.scale, into: o.matrix.rows(rows), scratch: scratch, pool: pool)
      }
    }
    let bounds = problem.bounds(q.doubles, k.doubles, v.doubles, dO.doubles, expected)
    expectClose(o.values, expected, within: bounds[0])
    #expect(o.guardsAreIntact)
  }

  @Test("every level gives the same softmax", arguments: KernelLevel.available, [1, 7, 16, 33])
  func levels(level: KernelLevel, width: Int) {
    let rows = 6
    let run = { (level: KernelLevel) in
      // No gaps: blocks are contiguous.
      let block = { (seed: UInt64, width: Int) in
        GuardedMatrix(seed: seed, rows: rows, columns: width, scale: 20, gap: 0)
      }
      let (s, out, p, dp) = (block(1, width), block(2, 5), block(1, width), block(3, width))
      let (m, sum) = (
        GuardedMatrix(seed: 4, rows: 1, columns: rows), GuardedMatrix(seed: 5, rows: 1, columns: rows)
      )
      let (o, lse) = (
        GuardedMatrix(seed: 6, rows: rows, columns: 5), GuardedMatrix(seed: 7, rows: 1, columns: rows)
      )
      for row in 0..<rows { sum.base[row] = abs(sum.base[row]) }
      // Rows see −1 (that is none), 0, 1 … keys of the block.
      lk_softmax_block_f32(s.base, m.base, sum.base, out.base, rows, width, -1, 4, 5, level.code)
      lk_softmax_finish(
        o.matrix.kernelRows, lse.base, 1, out.base, m.base, sum.base, 0.5, rows, 5, level.code)
      lk_softmax_block_backward_f32(p.base, dp.base, m.base, sum.base, rows, width, -1, 4, level.code)
      let all = [s, out, m, sum, o, lse, p, dp]
      #expect(all.allSatisfy { $0.guardsAreIntact })
      return all.flatMap(\.values)
    }
    expectSameBits(run(level), run(.scalar))
  }

  @Test("the exponential is within two units in the last place", arguments: KernelLevel.available)
  func exponential(level: KernelLevel) {
    // A row whose maximum is 0 comes out as its exponentials; below −104 they round to 0.
    let x = [0] + (0..<40_000).map { Float($0) * -0.0027 - 1e-4 } + [-.infinity]
    let s = GuardedMatrix(row: x)
    let (m, sum) = (GuardedMatrix(row: [-.infinity]), GuardedMatrix(row: [0]))
    lk_softmax_block_f32(s.base, m.base, sum.base, sum.base, 1, x.count, x.count, 1, 0, level.code)
    let expected = x.map { exp(Double($0)) }
    // Below 2⁻¹²⁶ the unit is 2⁻¹⁴⁹.
    expectClose(s.values, expected, within: expected.map { max($0 * 2 * 0x1p-23, 0x1p-148) })
  }

  @Test("the reference's gradients are those of its forward")
  func finiteDifferences() {
    let problem = AttentionProblem(heads: 4, keyValueHeads: 2, headDimension: 2, lengths: [3, 1])
    let (q, k, v, dO) = problem.inputs
    let (a, b, c, d) = (q.doubles, k.doubles, v.doubles, dO.doubles)
    let shape = problem.shape
    let gradients = Reference.attentionBackward(dO: d, q: a, k: b, v: c, shape)
    expectGradient(
      gradients.dq, of: { dot(d, Reference.attention(q: $0, k: b, v: c, shape).o) }, at: a, scale: 10)
    expectGradient(
      gradients.dk, of: { dot(d, Reference.attention(q: a, k: $0, v: c, shape).o) }, at: b, scale: 10)
    expectGradient(
      gradients.dv, of: { dot(d, Reference.attention(q: a, k: b, v: $0, shape).o) }, at: c, scale: 10)
  }
}
