import CKernels

/// Grouped-query attention of one query to the cached keys and values of one sequence, as drafting a token asks for it:
///
///     o[h] = Σⱼ p[j]·v[j,κ],  p = softmax(scale · q[h]·k[j,κ]),  κ = h / (H/K)
///
/// Its products are those of a matrix and a vector; `Attention.decode` is for several queries.
public struct RowAttention: Sendable {
  private let heads, keyValueHeads, headDimension: Int
  /// For each thread [1, keys], the scores of one head, and [4, D]: its query scaled, the same as products with bfloat16
  /// read it, its output, and its running maximum and sum.
  private let slots: [(scores: Matrix, rows: Matrix)]

  /// Keys of a block: their scores stay in a core's first-level cache.
  private static let keyBlock = 4096

  /// Takes the buffers from a workspace.
  ///
  /// - Parameters:
  ///   - heads: H, a multiple of `keyValueHeads`.
  ///   - threadCount: that of the pool.
  public init(
    heads: Int, keyValueHeads: Int, headDimension: Int, threadCount: Int, workspace: Workspace
  ) {
    precondition(heads % keyValueHeads == 0, "\(heads) heads over \(keyValueHeads)")
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    // Products with bfloat16 read a query in groups of 32 values.
    let width = (headDimension + 31) / 32 * 32
    slots = (0..<threadCount).map { _ in
      (
        workspace.take("decode attention", rows: 1, columns: RowAttention.keyBlock),
        workspace.take("decode attention", rows: 4, columns: width)
      )
    }
  }

  /// Computes o. Each task takes some of the heads.
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
    // A task is worth its start from about 32 Ki elements of keys and values.
    let step = max(1, min(heads, 32_768 / (2 * d * keys.rows)))
    pool.parallel((heads + step - 1) / step) { task, worker in
      for head in task * step..<min(heads, (task + 1) * step) {
        let key = head / (heads / keyValueHeads) * d
        forward(
          q: q.base + head * d, k: keys.columns(key..<key + d), v: values.columns(key..<key + d),
          scale: scale,
          into: o.base + head * d, slots[worker])
      }
    }
  }

  /// One head.
  private func forward(
    q: UnsafePointer<Float>, k: Matrix, v: Matrix, scale: Float, into o: UnsafeMutablePointer<Float>,
    _ slot: (scores: Matrix, rows: Matrix)
  ) {
    let (d, level) = (headDimension, kernelLevel)
    let (scaled, query, sums) = (slot.rows.row(0), slot.rows.row(1), slot.rows.row(2))
    let (scores, maximum, sum) = (slot.scores.base, slot.rows.row(3), slot.rows.row(3) + 1)
    for index in 0..<d { scaled[index] = scale * q[index] }
    if k.dtype == .bfloat16 { lk_split_pairs(query, scaled, d, level) }
    sums.update(repeating: 0, count: d)
    (maximum[0], sum[0]) = (-.infinity, 0)
    for first in stride(from: 0, to: k.rows, by: RowAttention.keyBlock) {
      let block = first..<min(k.rows, first + RowAttention.keyBlock)
      let (count, keys) = (block.count, k.rows(block))
      if k.dtype == .bfloat16 {
        lk_gemv_bf16(scores, keys.address, 2 * keys.stride, query, count, d, false, level)
      } else {
        lk_gemv_f32(scores, keys.base, keys.stride, scaled, count, d, false, level)
      }
      lk_softmax_block_f32(scores, maximum, sum, sums, 1, count, count, 1, d, level)
      lk_add_weighted_rows(sums, scores, v.rows(block).kernelRows, count, d, level)
    }
    for index in 0..<d { o[index] = sums[index] / sum[0] }
  }
}
