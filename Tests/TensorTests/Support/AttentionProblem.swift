import Foundation
import Testing

@testable import Tensor

/// Inputs of an attention call with their expected results, and what rounding may add to them.
struct AttentionProblem: Sendable, CustomTestStringConvertible {
  let heads, keyValueHeads, headDimension: Int
  let lengths: [Int]

  var testDescription: String { "\(heads)/\(keyValueHeads) heads of \(headDimension), lengths \(lengths)" }
  var offsets: [Int] { lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) } }
  var tokens: Int { lengths.reduce(0, +) }
  var width: Int { heads * headDimension }
  var keyWidth: Int { keyValueHeads * headDimension }
  var scale: Float { 1 / Float(headDimension).squareRoot() }
  var shape: Reference.AttentionShape {
    Reference.AttentionShape(
      heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension, offsets: offsets,
      scale: Double(scale))
  }

  /// q, k, v and dO.
  var inputs: (q: GuardedMatrix, k: GuardedMatrix, v: GuardedMatrix, dO: GuardedMatrix) {
    (
      GuardedMatrix(seed: 1, rows: tokens, columns: width),
      GuardedMatrix(seed: 2, rows: tokens, columns: keyWidth),
      GuardedMatrix(seed: 3, rows: tokens, columns: keyWidth, gap: 1),
      GuardedMatrix(seed: 4, rows: tokens, columns: width, gap: 0)
    )
  }

  struct Outputs {
    let o, logSumExp, dq, dk, dv: GuardedMatrix
    var all: [GuardedMatrix] { [o, logSumExp, dq, dk, dv] }
  }

  /// Forward and backward on a pool of `threadCount`, in strips or through OpenBLAS.
  func run(threadCount: Int = 2, usesStrips: Bool) -> Outputs {
    let (q, k, v, dO) = inputs
    let make = { GuardedMatrix(seed: 9, rows: tokens, columns: $0) }
    let outputs = Outputs(
      o: make(width), logSumExp: make(heads), dq: make(width), dk: make(keyWidth), dv: make(keyWidth))
    withScratch(threadCount: threadCount, usesStrips: usesStrips) { scratch, pool in
      Attention.forward(
        q: q.matrix, k: k.matrix, v: v.matrix, offsets: offsets, headDimension: headDimension, scale: scale,
        into: outputs.o.matrix, logSumExp: outputs.logSumExp.matrix, scratch: scratch, pool: pool)
      Attention.backward(
        dq: outputs.dq.matrix, dk: outputs.dk.matrix, dv: outputs.dv.matrix, dO: dO.matrix, q: q.matrix,
        k: k.matrix, v: v.matrix, o: outputs.o.matrix, logSumExp: outputs.logSumExp.matrix, offsets: offsets,
        headDimension: headDimension, scale: scale, scratch: scratch, pool: pool)
    }
    return outputs
  }

  func withScratch(
    threadCount: Int, dtype: DType = .float32, usesStrips: Bool = true,
    _ body: (AttentionScratch, ThreadPool) -> Void
  ) {
    let take = { (workspace: Workspace) in
      AttentionScratch(
        workspace: workspace, heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension,
        maxTokens: tokens, threadCount: threadCount, dtype: dtype, usesStrips: usesStrips)
    }
    let plan = Workspace.planning()
    _ = take(plan)
    let workspace = Workspace(byteCount: plan.byteCount)
    withExtendedLifetime(workspace) { body(take(workspace), ThreadPool(threadCount: threadCount)) }
  }

  /// Bounds on the error of each output.
  ///
  /// A score is D products, its sum and its scaling: at most E = (D + 3)·u·scale·Σ|q ⊙ k| off. A probability is
  /// then off by 2E (its own score and their sum), by the rounding of s − max, |s − max|·u twice, by 8u in the
  /// exponential and its rescaling for each block of keys, and by n·u in the sum: ε in all, relatively. Each
  /// output is a sum of products with p, whose magnitudes are added up and multiplied by ε and the roundings of
  /// the sum. ds has the two sums do·v and delta in it, of D roundings each.
  ///
  /// In bfloat16 (`isHalf`) p or ds is rounded and so is the output, each by 2⁻⁸ at most; both the exponential and the
  /// sum have its error of 2⁻¹³, doubled to leave room for products of errors; and delta has the error of o.
  func bounds(
    _ q: [Double], _ k: [Double], _ v: [Double], _ dO: [Double], _ o: [Double], isHalf: Bool = false
  ) -> [[Double]] {
    let (rounding, exponential) = isHalf ? (0x1p-8, 0x1p-12) : (0, 0)
    let (d, shape) = (headDimension, shape)
    let (qMagnitudes, kMagnitudes) = (q.map(abs), k.map(abs))
    var bounds = [q.count, tokens * heads, q.count, k.count, k.count].map {
      [Double](repeating: 0, count: $0)
    }
    shape.forEachRow { token, head, seen, query, key in
      let scores = shape.scores(q, k, seen, query, key)
      let magnitudes = shape.scores(qMagnitudes, kMagnitudes, seen, query, key)
      let (total, top) = (Reference.logSumExp(scores), scores.max() ?? 0)
      let n = Double(seen.count)
      let scoreError = Double(d + 3) * u * (magnitudes.max() ?? 0)
      let range = scores.map { top - $0 }.max() ?? 0
      let error = 2 * scoreError + (2 * range + 8 * (n / 64 + 2) + n) * u
      bounds[1][token * heads + head] = error + exponential + abs(total) * 4 * u
      let delta = (0..<d).reduce(0) { $0 + abs(dO[query + $1] * o[query + $1]) }
      // A key adds up the rows of all its queries.
      let sum =
        error + 2 * exponential + 2 * rounding + Double(2 * d + tokens * heads / keyValueHeads + 16) * u
      let probabilities = scores.map { exp($0 - total) }
      for (p, other) in zip(probabilities, seen) {
        for c in 0..<d { bounds[0][query + c] += p * abs(v[key(other) + c]) * sum }
      }
      let deltaError = isHalf ? (0..<d).reduce(0) { $0 + abs(dO[query + $1]) * bounds[0][query + $1] } : 0
      for (p, other) in zip(probabilities, seen) {
        let dp = (0..<d).reduce(0) { $0 + abs(dO[query + $1] * v[key(other) + $1]) }
        let ds = p * ((dp + 2 * delta) * sum + deltaError) * Double(scale)
        for c in 0..<d {
          bounds[2][query + c] += ds * abs(k[key(other) + c])
          bounds[3][key(other) + c] += ds * abs(q[query + c])
          bounds[4][key(other) + c] += p * abs(dO[query + c]) * sum
        }
      }
    }
    return bounds
  }
}
