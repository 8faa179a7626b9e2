import Foundation

extension Reference {
  /// The shape of an attention call.
  package struct AttentionShape: Sendable {
    /// Query heads, key-value heads, and the size of a head.
    package let heads, keyValueHeads, headDimension: Int
    /// Where each sequence starts, and the end of the last.
    package let offsets: [Int]
    /// The factor on the scores.
    package let scale: Double

    /// Makes a shape.
    package init(heads: Int, keyValueHeads: Int, headDimension: Int, offsets: [Int], scale: Double) {
      self.heads = heads
      self.keyValueHeads = keyValueHeads
      self.headDimension = headDimension
      self.offsets = offsets
      self.scale = scale
    }

    /// Calls `body` for each token and query head, with the tokens it sees and the flat indices of its own
    /// query and of a token's key.
    func forEachRow(
      _ body: (_ token: Int, _ head: Int, _ seen: Range<Int>, _ query: Int, _ key: (Int) -> Int) -> Void
    ) {
      for (first, end) in zip(offsets, offsets.dropFirst()) {
        for token in first..<end {
          for head in 0..<heads {
            let keyValueHead = head / (heads / keyValueHeads)
            body(token, head, first..<token + 1, (token * heads + head) * headDimension) {
              ($0 * keyValueHeads + keyValueHead) * headDimension
            }
          }
        }
      }
    }

    /// The scores of a row over the tokens it sees.
    func scores(_ q: [Double], _ k: [Double], _ seen: Range<Int>, _ query: Int, _ key: (Int) -> Int)
      -> [Double]
    {
      seen.map { other in
        (0..<headDimension).reduce(0) { $0 + q[query + $1] * k[key(other) + $1] } * scale
      }
    }
  }

  /// Causal attention within each sequence: outputs, [T, H·D], and log-sum-exp, [T, H].
  package static func attention(
    q: [Double], k: [Double], v: [Double], _ shape: AttentionShape
  ) -> (o: [Double], logSumExp: [Double]) {
    var o = [Double](repeating: 0, count: q.count)
    var logSumExp = [Double]()
    shape.forEachRow { _, _, seen, query, key in
      let scores = shape.scores(q, k, seen, query, key)
      let total = Reference.logSumExp(scores)
      logSumExp.append(total)
      for (score, other) in zip(scores, seen) {
        for c in 0..<shape.headDimension { o[query + c] += exp(score - total) * v[key(other) + c] }
      }
    }
    return (o, logSumExp)
  }

  /// The gradients of Σ dO ⊙ o.
  package static func attentionBackward(
    dO: [Double], q: [Double], k: [Double], v: [Double], _ shape: AttentionShape
  ) -> (dq: [Double], dk: [Double], dv: [Double]) {
    var dq = [Double](repeating: 0, count: q.count)
    var dk = [Double](repeating: 0, count: k.count)
    var dv = [Double](repeating: 0, count: v.count)
    let channels = 0..<shape.headDimension
    shape.forEachRow { _, _, seen, query, key in
      let scores = shape.scores(q, k, seen, query, key)
      let total = Reference.logSumExp(scores)
      let p = scores.map { exp($0 - total) }
      let dp = seen.map { other in channels.reduce(0) { $0 + dO[query + $1] * v[key(other) + $1] } }
      let delta = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
      for (index, other) in seen.enumerated() {
        let ds = p[index] * (dp[index] - delta) * shape.scale
        for c in channels {
          dv[key(other) + c] += p[index] * dO[query + c]
          dq[query + c] += ds * k[key(other) + c]
          dk[key(other) + c] += ds * q[query + c]
        }
      }
    }
    return (dq, dk, dv)
  }
}
