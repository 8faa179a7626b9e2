import Testing

@testable import Tensor

@Suite("Attention") struct AttentionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let heads, keyValueHeads, headDimension: Int
    let lengths: [Int]
    var testDescription: String { "\(heads)/\(keyValueHeads) heads of \(headDimension), lengths \(lengths)" }
    var offsets: [Int] { lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) } }
  }

  @Test(
    "smoke",
    arguments: [
      Case(heads: 4, keyValueHeads: 2, headDimension: 8, lengths: [1, 5, 70, 0, 3]),
      Case(heads: 3, keyValueHeads: 1, headDimension: 16, lengths: [700, 130]),
    ])
  func smoke(_ problem: Case) {
    let (tokens, d) = (problem.offsets[problem.lengths.count], problem.headDimension)
    let (width, narrow) = (problem.heads * d, problem.keyValueHeads * d)
    let make = { (columns: Int, seed: UInt64) in
      GuardedMatrix(values(tokens * columns, seed: seed), rows: tokens, columns: columns)
    }
    let (q, k, v, dO) = (make(width, 1), make(narrow, 2), make(narrow, 3), make(width, 4))
    let (o, dq, dk, dv) = (make(width, 5), make(width, 6), make(narrow, 7), make(narrow, 8))
    let lse = make(problem.heads, 9)
    let pool = ThreadPool(threadCount: 2)
    let workspace = Workspace(byteCount: 1 << 26)
    let scratch = AttentionScratch(
      workspace: workspace, heads: problem.heads, keyValueHeads: problem.keyValueHeads, headDimension: d,
      maxTokens: tokens, threadCount: 2)
    let scale = 1 / Float(d).squareRoot()
    Attention.forward(
      q: q.matrix, k: k.matrix, v: v.matrix, offsets: problem.offsets, headDimension: d, scale: scale,
      into: o.matrix, logSumExp: lse.matrix, scratch: scratch, pool: pool)
    Attention.backward(
      dq: dq.matrix, dk: dk.matrix, dv: dv.matrix, dO: dO.matrix, q: q.matrix, k: k.matrix, v: v.matrix,
      o: o.matrix, logSumExp: lse.matrix, offsets: problem.offsets, headDimension: d, scale: scale,
      scratch: scratch, pool: pool)
    let shape = Reference.AttentionShape(
      heads: problem.heads, keyValueHeads: problem.keyValueHeads, headDimension: d, offsets: problem.offsets,
      scale: Double(scale))
    let expected = Reference.attention(
      q: q.values.doubles, k: k.values.doubles, v: v.values.doubles, shape)
    let gradients = Reference.attentionBackward(
      dO: dO.values.doubles, q: q.values.doubles, k: k.values.doubles, v: v.values.doubles, shape)
    let bound = { [Double](repeating: 2e-5, count: $0) }
    expectClose(o.values, expected.o, within: bound(o.values.count), "o")
    expectClose(lse.values, expected.logSumExp, within: bound(lse.values.count), "lse")
    expectClose(dq.values, gradients.dq, within: bound(dq.values.count), "dq")
    expectClose(dk.values, gradients.dk, within: bound(dk.values.count), "dk")
    expectClose(dv.values, gradients.dv, within: bound(dv.values.count), "dv")
    for matrix in [q, k, v, dO, o, dq, dk, dv, lse] { #expect(matrix.guardsAreIntact) }
  }
}
