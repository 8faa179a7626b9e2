@testable import Tensor

extension AttentionProblem {
  /// q, k, v and dO rounded to bfloat16.
  var halfInputs: (q: GuardedHalfMatrix, k: GuardedHalfMatrix, v: GuardedHalfMatrix, dO: GuardedHalfMatrix) {
    let (q, k, v, dO) = inputs
    return (
      GuardedHalfMatrix(q), GuardedHalfMatrix(k, gap: 1), GuardedHalfMatrix(v, gap: 0), GuardedHalfMatrix(dO)
    )
  }

  struct HalfOutputs {
    let o, dq, dk, dv: GuardedHalfMatrix
    let logSumExp: GuardedMatrix
    /// In the order of `AttentionProblem.bounds`.
    var values: [[Float]] { [o.values, logSumExp.values, dq.values, dk.values, dv.values] }
    var guardsAreIntact: Bool {
      logSumExp.guardsAreIntact && [o, dq, dk, dv].allSatisfy(\.guardsAreIntact)
    }
  }

  /// Forward and backward over bfloat16 matrices on a pool of `threadCount`.
  func runHalf(threadCount: Int = 2) -> HalfOutputs {
    let (q, k, v, dO) = halfInputs
    let make = { GuardedHalfMatrix(rows: tokens, columns: $0) }
    let outputs = HalfOutputs(
      o: make(width), dq: make(width), dk: make(keyWidth), dv: make(keyWidth),
      logSumExp: GuardedMatrix(seed: 9, rows: tokens, columns: heads))
    withScratch(threadCount: threadCount, dtype: .bfloat16) { scratch, pool in
      Attention.forward(
        q: q.matrix, k: k.matrix, v: v.matrix, offsets: offsets, headDimension: headDimension, scale: scale,
        into: outputs.o.matrix, logSumExp: outputs.logSumExp.matrix, scratch: scratch, pool: pool)
      // The second call finds the first one's sums in the scratch, and must not add to them.
      for _ in 0..<2 {
        Attention.backward(
          dq: outputs.dq.matrix, dk: outputs.dk.matrix, dv: outputs.dv.matrix, dO: dO.matrix, q: q.matrix,
          k: k.matrix, v: v.matrix, o: outputs.o.matrix, logSumExp: outputs.logSumExp.matrix,
          offsets: offsets, headDimension: headDimension, scale: scale, scratch: scratch, pool: pool)
      }
    }
    return outputs
  }
}
