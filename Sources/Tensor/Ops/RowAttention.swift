import CKernels
import Foundation

/// Grouped-query attention of one query to the cached keys and values of one sequence, as drafting a token asks for it:
///
///     o[h] = Σⱼ p[j]·v[j,κ],  p = softmax(scale · q[h]·k[j,κ]),  κ = h / (H/K)
///
/// A task takes a block of tokens and all heads, so that keys and values are read once and in order; the blocks'
/// softmaxes are joined afterwards, as in FlashDecoding (Dao et al., 2023). `Attention.decode` is for several queries.
public struct RowAttention: Sendable {
  private let heads, keyValueHeads, headDimension: Int
  /// [1, D], a head of the query scaled, and [H, D] filled up to groups of 32, all heads as the kernel reads them.
  private let scaled, query: Matrix
  /// [blocks, H·D]: each block's Σ e^(s − m)·v.
  private let outputs: Matrix
  /// [blocks, H] each: each block's maximum m and Σ e^(s − m).
  private let maxima, sums: Matrix
  /// [H, blocks], each block's factor in the whole.
  private let factors: Matrix
  /// [H, tokens of a block] for each thread.
  private let scores: [Matrix]

  /// Tokens of a block: those of three key-value heads of 64 in bfloat16 are 24 KiB of keys, half a first-level cache.
  private static let block = 64

  /// Takes the buffers from a workspace.
  ///
  /// - Parameters:
  ///   - heads: H, a multiple of `keyValueHeads`.
  ///   - maxTokens: the most keys.
  ///   - threadCount: that of the pool.
  public init(
    heads: Int, keyValueHeads: Int, headDimension: Int, maxTokens: Int, threadCount: Int,
    workspace: Workspace
  ) {
    precondition(heads % keyValueHeads == 0, "\(heads) heads over \(keyValueHeads)")
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    let blocks = (maxTokens + RowAttention.block - 1) / RowAttention.block
    func take(_ rows: Int, _ columns: Int) -> Matrix {
      workspace.take("decode attention", rows: rows, columns: columns)
    }
    scaled = take(1, headDimension)
    query = take(heads, (headDimension + 31) / 32 * 32)
    outputs = take(blocks, heads * headDimension)
    maxima = take(blocks, heads)
    sums = take(blocks, heads)
    factors = take(heads, blocks)
    scores = (0..<threadCount).map { _ in take(heads, RowAttention.block) }
  }

  /// Computes o.
  ///
  /// - Parameters:
  ///   - q: [1, H·D], float32.
  ///   - keys: [tokens, K·D], float32 or bfloat16, the query's own last.
  ///   - values: [tokens, K·D], of the same type.
  ///   - o: [1, H·D], float32, overwritten.
  public func forward(
    q: Matrix, keys: Matrix, values: Matrix, scale: Float, into o: Matrix, pool: ThreadPool
  ) {
    let (d, width) = (headDimension, keyValueHeads * headDimension)
    precondition(
      q.rows == 1 && q.columns == heads * d && keys.columns == width && values.columns == width
        && keys.rows == values.rows && keys.rows > 0 && keys.dtype == values.dtype,
      "[\(q.rows), \(q.columns)] to [\(keys.rows), \(keys.columns)] and [\(values.rows), \(values.columns)]")
    requireSameShape(q, o, "attention")
    let blocks = (keys.rows + RowAttention.block - 1) / RowAttention.block
    precondition(blocks <= outputs.rows, "\(keys.rows) keys, room for \(outputs.rows * RowAttention.block)")
    for head in 0..<heads {
      for index in 0..<d { scaled.base[index] = scale * q.base[head * d + index] }
      if keys.dtype == .bfloat16 {
        lk_split_pairs(query.row(head), scaled.base, d, kernelLevel)
      } else {
        query.row(head).update(from: scaled.base, count: d)
      }
    }
    // A task reads consecutive blocks, because that is what processors prefetch.
    let tasks = min(blocks, 2 * pool.threadCount)
    pool.parallel(tasks) { task, worker in
      for block in task * blocks / tasks..<(task + 1) * blocks / tasks {
        let first = block * RowAttention.block
        let tokens = first..<min(keys.rows, first + RowAttention.block)
        attend(to: keys.rows(tokens), values.rows(tokens), block, scores[worker])
      }
    }
    join(blocks, into: o)
  }

  /// The softmax and the sums of one block, for all heads.
  private func attend(to keys: Matrix, _ values: Matrix, _ block: Int, _ scratch: Matrix) {
    let (d, count, level) = (headDimension, keys.rows, kernelLevel)
    let group = heads / keyValueHeads
    let (scores, output) = (scratch.base, outputs.row(block))
    for head in stride(from: 0, to: heads, by: group) {
      let k = keys.columns(head / group * d..<(head / group + 1) * d)
      lk_head_scores(
        scores + head * count, count, query.row(head), query.stride, group, k.kernelRows, count, d, level)
    }
    maxima.row(block).update(repeating: -.infinity, count: heads)
    sums.row(block).update(repeating: 0, count: heads)
    output.update(repeating: 0, count: heads * d)
    lk_softmax_block_f32(
      scores, maxima.row(block), sums.row(block), output, heads, count, count, 1, d, level)
    for head in stride(from: 0, to: heads, by: group) {
      let v = values.columns(head / group * d..<(head / group + 1) * d)
      lk_add_head_values(
        output + head * d, d, scores + head * count, count, group, v.kernelRows, count, d, level)
    }
  }

  /// o = Σ f·output with f = e^(m − max m) / Σ e^(m − max m)·sum, over the blocks in their order.
  private func join(_ blocks: Int, into o: Matrix) {
    let d = headDimension
    o.fill(0)
    for head in 0..<heads {
      let factor = factors.row(head)
      var (top, sum) = (-Float.infinity, Float(0))
      for block in 0..<blocks { top = max(top, maxima.row(block)[head]) }
      for block in 0..<blocks {
        factor[block] = exp(maxima.row(block)[head] - top)
        sum += factor[block] * sums.row(block)[head]
      }
      for block in 0..<blocks { factor[block] /= sum }
      lk_add_head_values(
        o.base + head * d, d, factor, blocks, 1, outputs.columns(head * d..<(head + 1) * d).kernelRows,
        blocks, d,
        kernelLevel)
    }
  }
}
