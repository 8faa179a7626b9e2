import CKernels
import Foundation
import Testing

@testable import Tensor

@Suite("Attention of one query") struct RowAttentionTests {
  /// Heads, key-value heads, D and the number of keys: odd sizes; shared heads; more keys than one block holds.
  static let shapes = [(1, 1, 1, 1), (2, 2, 6, 3), (6, 2, 20, 33), (9, 3, 64, 200), (2, 1, 8, 4100)]

  @Test(
    "Scores and sums of values have the same bits at every level", arguments: [1, 4, 5], [6, 20, 64, 80])
  func levels(heads: Int, width: Int) {
    let tokens = 19
    let padded = (width + 31) / 32 * 32
    let q = normalValues(heads * padded, seed: 1)
    let p = normalValues(heads * tokens, seed: 2)
    for format in [WeightMatrix.Format.float32, .bfloat16] {
      let rows = HeldWeights(seed: 3, rows: tokens, columns: width, format: format)
      let results = KernelLevel.available.map { level in
        let scores = GuardedMatrix(seed: 4, rows: heads, columns: tokens)
        let o = GuardedMatrix(seed: 5, rows: heads, columns: width)
        withExtendedLifetime(rows) {
          lk_head_scores(
            scores.base, scores.stride, q, padded, heads, rows.matrix.matrix.kernelRows, tokens, width,
            level.code)
          lk_add_head_values(
            o.base, o.stride, p, tokens, heads, rows.matrix.matrix.kernelRows, tokens, width, level.code)
        }
        #expect(scores.guardsAreIntact && o.guardsAreIntact)
        return scores.values + o.values
      }
      for result in results { expectSameBits(result, results[0]) }
    }
  }

  @Test("Rows of either type are weighted and added at every level", arguments: [1, 15, 16, 64, 65, 200])
  func weightedRows(width: Int) {
    let rows = 9
    let factors = normalValues(rows, seed: 4)
    for format in [WeightMatrix.Format.float32, .bfloat16] {
      let weights = HeldWeights(seed: 5, rows: rows, columns: width, format: format)
      let start = normalValues(width, seed: 6)
      let results = KernelLevel.available.map { level in
        let y = GuardedMatrix(start, rows: 1, columns: width)
        lk_add_head_values(
          y.base, width, factors, rows, 1, weights.matrix.matrix.kernelRows, rows, width, level.code)
        #expect(y.guardsAreIntact)
        return y.values
      }
      for result in results { expectSameBits(result, results[0]) }
      let terms = (0..<width).map { column in
        (0..<rows).map { Double(factors[$0]) * weights.doubles[$0 * width + column] }
      }
      expectClose(
        results[0], zip(start, terms).map { Double($0) + $1.reduce(0, +) },
        within: zip(start, terms).map {
          Double(rows + 1) * u * (Double(abs($0)) + $1.reduce(0) { $0 + abs($1) })
        })
    }
  }

  @Test(
    "softmax(scale · q·kᵀ)·v for each head, over keys and values of either type",
    arguments: shapes, [DType.float32, .bfloat16])
  func forward(shape: (heads: Int, keyValueHeads: Int, d: Int, keys: Int), dtype: DType) {
    let (heads, keyValueHeads, d, count) = shape
    let scale = 1 / Float(d).squareRoot()
    let pool = ThreadPool(threadCount: 2)
    let q = GuardedMatrix(seed: 1, rows: 1, columns: heads * d)
    let cache = (0..<2).map { GuardedMatrix(seed: UInt64(2 + $0), rows: count, columns: keyValueHeads * d) }
    let halves = cache.map { Storage(count: $0.matrix.count) }
    let held = zip(cache, halves).map { wide, half in
      guard dtype == .bfloat16 else { return wide.matrix }
      let matrix = Matrix(
        UnsafeMutableRawPointer(half.base), .bfloat16, rows: count, columns: keyValueHeads * d)
      Elementwise.copy(wide.matrix, to: matrix, pool: pool)
      Elementwise.copy(matrix, to: wide.matrix, pool: pool)
      return matrix
    }
    let o = GuardedMatrix(seed: 4, rows: 1, columns: heads * d)
    let take = {
      RowAttention(
        heads: heads, keyValueHeads: keyValueHeads, headDimension: d, maxTokens: count, threadCount: 2,
        workspace: $0)
    }
    let plan = Workspace.planning()
    _ = take(plan)
    let workspace = Workspace(byteCount: plan.byteCount)
    take(workspace).forward(
      q: q.matrix, keys: held[0], values: held[1], scale: scale, into: o.matrix, pool: pool)
    withExtendedLifetime((workspace, halves)) {}
    #expect(o.guardsAreIntact && q.guardsAreIntact)

    let (queries, k, v) = (q.doubles, cache[0].doubles, cache[1].doubles)
    var (expected, bounds): ([Double], [Double]) = ([], [])
    for head in 0..<heads {
      let start = head / (heads / keyValueHeads) * d
      let products = (0..<count).map { key in
        (0..<d).map { Double(scale) * queries[head * d + $0] * k[key * keyValueHeads * d + start + $0] }
      }
      let scores = products.map { $0.reduce(0, +) }
      let largest = products.map { $0.reduce(0) { $0 + abs($1) } }.max() ?? 0
      let top = scores.max() ?? 0
      let p = scores.map { exp($0 - top) }
      let sum = p.reduce(0, +)
      // A score is D products, each rounded with its scaling and its place in the sum; a probability is off by twice
      // that, by the rounding of s − max, by the exponentials of its block and of the
      // block in the whole, 4u each, and by the sum's `count` roundings.
      let range = top - (scores.min() ?? 0)
      let error = (2 * Double(d + 3) * largest + 2 * range + 16 + Double(2 * count)) * u
      for column in 0..<d {
        let terms = (0..<count).map { p[$0] / sum * v[$0 * keyValueHeads * d + start + column] }
        expected.append(terms.reduce(0, +))
        bounds.append(error * terms.reduce(0) { $0 + abs($1) })
      }
    }
    expectClose(o.values, expected, within: bounds)
  }
}
