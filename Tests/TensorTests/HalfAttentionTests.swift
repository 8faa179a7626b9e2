import CKernels
import Foundation
import Testing

@testable import Tensor

@Suite("Attention in bfloat16") struct HalfAttentionTests {
  // Groups of one, three and seven heads; head sizes that fill no panel of 32, one, two and four of them; sequences
  // of one token and of none; at, below and past a strip of queries, a panel and a block; an odd length in several
  // blocks; and one that the backward cuts into parts.
  static let problems = [
    AttentionProblem(heads: 2, keyValueHeads: 2, headDimension: 20, lengths: [1]),
    AttentionProblem(heads: 3, keyValueHeads: 1, headDimension: 16, lengths: [1, 5, 70, 0, 14, 15, 32, 33]),
    AttentionProblem(heads: 7, keyValueHeads: 1, headDimension: 64, lengths: [33, 131]),
    AttentionProblem(heads: 3, keyValueHeads: 1, headDimension: 64, lengths: [257]),
    AttentionProblem(heads: 2, keyValueHeads: 1, headDimension: 128, lengths: [130, 2]),
    AttentionProblem(heads: 3, keyValueHeads: 1, headDimension: 20, lengths: [9, 523]),
    AttentionProblem(heads: 1, keyValueHeads: 1, headDimension: 5, lengths: [771]),
  ]

  @Test("forward and backward agree with the reference", arguments: problems)
  func agreesWithReference(_ problem: AttentionProblem) {
    let (q, k, v, dO) = problem.halfInputs
    let outputs = problem.runHalf()
    let forward = Reference.attention(q: q.doubles, k: k.doubles, v: v.doubles, problem.shape)
    let backward = Reference.attentionBackward(
      dO: dO.doubles, q: q.doubles, k: k.doubles, v: v.doubles, problem.shape)
    let expected = [forward.o, forward.logSumExp, backward.dq, backward.dk, backward.dv]
    let bounds = problem.bounds(q.doubles, k.doubles, v.doubles, dO.doubles, forward.o, isHalf: true)
    for (index, name) in ["o", "log-sum-exp", "dq", "dk", "dv"].enumerated() {
      expectClose(outputs.values[index], expected[index], within: bounds[index], name)
      // The bounds add up every rounding at its worst. Roundings are independent, and uniform at that within 2⁻⁸
      // of a value: three of them, of a probability, of o in delta and of the result, come to 2⁻⁸ of the whole.
      let error = zip(outputs.values[index], expected[index]).map { Double($0) - $1 }
      let norms = (dot(error, error).squareRoot(), dot(expected[index], expected[index]).squareRoot())
      #expect(norms.0 <= 0x1p-8 * norms.1, "\(name): \(norms.0 / norms.1)")
    }
    #expect(outputs.guardsAreIntact && [q, k, v, dO].allSatisfy(\.guardsAreIntact))
  }

  @Test("the check fails where a sequence sees its neighbour")
  func negativeControl() {
    let problem = HalfAttentionTests.problems[2]
    let (q, k, v, dO) = problem.halfInputs
    let joined = AttentionProblem(heads: 7, keyValueHeads: 1, headDimension: 64, lengths: [164])
    let wrong = Reference.attention(q: q.doubles, k: k.doubles, v: v.doubles, joined.shape).o
    let bounds = problem.bounds(q.doubles, k.doubles, v.doubles, dO.doubles, wrong, isHalf: true)
    #expect(firstMiss(problem.runHalf().o.values, wrong, within: bounds[0]) == 33 * problem.width)
  }

  @Test("a first token attends to itself alone, exactly")
  func firstToken() {
    let problem = AttentionProblem(heads: 2, keyValueHeads: 2, headDimension: 20, lengths: [1, 1])
    expectSameBits(problem.runHalf().o.values, problem.halfInputs.v.values)
  }

  @Test("decoding gives the rows of the forward", arguments: [1, 7, 300])
  func decode(step: Int) {
    let problem = AttentionProblem(heads: 4, keyValueHeads: 2, headDimension: 8, lengths: [300])
    let (q, k, v, dO) = problem.halfInputs
    let expected = Reference.attention(q: q.doubles, k: k.doubles, v: v.doubles, problem.shape).o
    let o = GuardedHalfMatrix(rows: 300, columns: problem.width)
    problem.withScratch(threadCount: 2, dtype: .bfloat16) { scratch, pool in
      for start in stride(from: 0, to: 300, by: step) {
        let rows = start..<min(300, start + step)
        // The cache holds later keys here, which must not be seen.
        Attention.decode(
          q: q.matrix.rows(rows), keys: k.matrix, values: v.matrix, start: start, headDimension: 8,
          scale: problem.scale, into: o.matrix.rows(rows), scratch: scratch, pool: pool)
      }
    }
    let bounds = problem.bounds(q.doubles, k.doubles, v.doubles, dO.doubles, expected, isHalf: true)
    expectClose(o.values, expected, within: bounds[0])
    #expect(o.guardsAreIntact)
  }

  @Test("powers of two are within 2⁻¹³, and 1 for 0", arguments: KernelLevel.available)
  func exponential(level: KernelLevel) {
    // A row whose maximum is 0 comes out as its powers of two, and its sum before they are rounded.
    for start in stride(from: Float(0), to: 140, by: 0.37) {
      let x = [0] + (0..<31).map { -start - Float($0) * 0.0113 }
      let s = GuardedMatrix(row: x)
      let p = GuardedHalfMatrix(rows: 1, columns: 32)
      let (m, sum) = (GuardedMatrix(row: [-.infinity]), GuardedMatrix(row: [0]))
      lk_softmax_block_bf16(
        p.matrix.bfloat16Base, s.base, 32, m.base, sum.base, sum.base, 0, 1, 32, 32, level.code)
      let expected = x.map { exp2(Double($0)) }
      let total = expected.reduce(0, +)
      #expect(p.values[0] == 1)
      expectClose(sum.values, [total], within: [total * 0x1p-13])
      // Processors round results below 2⁻¹²⁶ to zero.
      expectClose(p.values, expected, within: expected.map { $0 * (0x1p-8 + 0x1p-12) + 0x1p-126 })
      #expect(p.guardsAreIntact && sum.guardsAreIntact)
    }
  }

  @Test("every level masks and packs alike", arguments: KernelLevel.available, [1, 2, 7, 14])
  func layouts(level: KernelLevel, rows: Int) {
    let (width, visible, panelStride) = (64, -1, 16 * 32)
    let (s, dp) = (
      GuardedMatrix(seed: 1, rows: rows, columns: width, gap: 0),
      GuardedMatrix(seed: 2, rows: rows, columns: width, gap: 0)
    )
    let (lse, delta) = (
      GuardedMatrix(seed: 3, rows: 1, columns: 14), GuardedMatrix(seed: 4, rows: 1, columns: 14)
    )
    let ds = GuardedHalfMatrix(rows: rows, columns: width, gap: 0)
    let panels = [0, 1].map { _ in GuardedHalfMatrix(rows: 2, columns: panelStride, gap: 0) }
    lk_softmax_backward_bf16(
      ds.matrix.bfloat16Base, panels[0].matrix.bfloat16Base, panels[1].matrix.bfloat16Base, panelStride,
      s.base, dp.base, width,
      lse.base, delta.base, rows, width, visible, level.code)
    for row in 0..<rows + rows % 2 {
      for column in 0..<width {
        let isSeen = row < rows && column < visible + row
        let index = row * width + column
        let p = isSeen ? exp2(Double(s.values[index] - lse.values[row])) : 0
        let gradient = isSeen ? p * Double(dp.values[index] - delta.values[row]) : 0
        let place = column / 32 * panelStride + row / 2 * 64 + column % 32 * 2 + row % 2
        let found = panels.map { Double($0.values[place]) }
        let bound = 0x1p-8 + 0x1p-12
        #expect(abs(found[0] - p) <= bound * p, "p \(row), \(column)")
        #expect(abs(found[1] - gradient) <= bound * abs(gradient), "ds \(row), \(column)")
        if row < rows { #expect(Double(ds.values[index]) == found[1]) }
      }
    }
    #expect(ds.guardsAreIntact && panels.allSatisfy(\.guardsAreIntact))
  }
}
