import CKernels

/// The tasks of attention in float32 through OpenBLAS: each is one block of queries of the heads that share a key-value
/// head, or the backward of such blocks, on the calling thread.
enum BlockAttention {
  /// Query rows of a block, for each head. With the keys of a block, scores stay within a core's cache.
  static let queryBlock = 64
  /// Keys of a block.
  static let keyBlock = 128

  /// A thread's own buffers. Rows of a block are the queries of all heads of a group, head after head.
  struct Slot: Sendable {
    /// [rows, D] each.
    fileprivate let queries, gradients, accumulator: Matrix
    /// [rows, keys] each, used as contiguous rows of the block's own width.
    fileprivate let scores, dScores: Matrix
    /// [2, rows]: running maxima and sums in the forward, log-sum-exp and row dots in the backward.
    fileprivate let statistics: Matrix

    init(_ workspace: Workspace, group: Int, headDimension: Int, hasBackward: Bool) {
      let rows = group * queryBlock
      let backwardRows = hasBackward ? rows : 0
      let take = { (rows: Int, columns: Int) in
        workspace.take("attention block", rows: rows, columns: columns)
      }
      queries = take(rows, headDimension)
      gradients = take(backwardRows, headDimension)
      accumulator = take(rows, headDimension)
      scores = take(rows, keyBlock)
      dScores = take(backwardRows, keyBlock)
      statistics = take(2, rows)
    }
  }

  /// The forward of one block of queries, the first at position `start` of keys and values.
  ///
  /// - Parameters:
  ///   - q: [n, H·D], n at most a block; `o` is like it.
  ///   - k: [at least start + n, K·D]; so is `v`.
  static func forwardBlock(
    q: Matrix, k: Matrix, v: Matrix, start: Int, keyValueHead: Int, scale: Float, into o: Matrix,
    logSumExp: Matrix?, _ scratch: AttentionScratch, _ slot: Slot
  ) {
    let (d, n, level) = (scratch.headDimension, q.rows, kernelLevel)
    let group = scratch.heads / scratch.keyValueHeads
    let rows = group * n
    let (k, v) = (k.head(keyValueHead, d), v.head(keyValueHead, d))
    let (queries, accumulator) = (slot.queries.rows(0..<rows), slot.accumulator.rows(0..<rows))
    for head in 0..<group {
      queries.rows(head * n..<(head + 1) * n).copy(from: q.head(keyValueHead * group + head, d))
    }
    let (maxima, sums) = (slot.statistics.row(0), slot.statistics.row(1))
    accumulator.fill(0)
    maxima.update(repeating: -.infinity, count: rows)
    sums.update(repeating: 0, count: rows)
    let end = start + n
    for first in stride(from: 0, to: end, by: keyBlock) {
      let keys = first..<min(end, first + keyBlock)
      let scores = Matrix(slot.scores.base, rows: rows, columns: keys.count)
      GEMM.single(queries, false, k.rows(keys), true, scores, d, scale, 0)
      lk_softmax_block_f32(
        scores.base, maxima, sums, accumulator.base, rows, keys.count, start + 1 - first, n, d,
        level)
      GEMM.single(scores, false, v.rows(keys), false, accumulator, keys.count, 1, 1)
    }
    for head in 0..<group {
      let (row, queryHead) = (head * n, keyValueHead * group + head)
      let output = o.head(queryHead, d)
      lk_softmax_finish(
        output.kernelRows, logSumExp.map { $0.base + queryHead }, logSumExp?.stride ?? 0,
        accumulator.row(row), maxima + row, sums + row, 1, n, d, level)
    }
  }

  /// The given queries of one sequence and key-value head: overwrites their dq, and dk and dv of all keys up
  /// to the last of them.
  static func backwardPart(
    queries range: Range<Int>, dq: Matrix, dk: Matrix, dv: Matrix, _ inputs: Attention.Inputs,
    keyValueHead: Int, scale: Float, _ scratch: AttentionScratch, _ slot: Slot
  ) {
    let (d, level) = (scratch.headDimension, kernelLevel)
    let group = scratch.heads / scratch.keyValueHeads
    let (k, v) = (inputs.k.head(keyValueHead, d), inputs.v.head(keyValueHead, d))
    let (dk, dv) = (dk.head(keyValueHead, d), dv.head(keyValueHead, d))
    dk.rows(0..<range.upperBound).fill(0)
    dv.rows(0..<range.upperBound).fill(0)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: queryBlock) {
      let block = start..<min(range.upperBound, start + queryBlock)
      let n = block.count
      let rows = group * n
      let (queries, gradients) = (slot.queries.rows(0..<rows), slot.gradients.rows(0..<rows))
      let accumulator = slot.accumulator.rows(0..<rows)
      let (logSumExp, delta) = (slot.statistics.row(0), slot.statistics.row(1))
      for head in 0..<group {
        let (row, queryHead) = (head * n, keyValueHead * group + head)
        let (dO, o) = (inputs.dO.rows(block).head(queryHead, d), inputs.o.rows(block).head(queryHead, d))
        queries.rows(row..<row + n).copy(from: inputs.q.rows(block).head(queryHead, d))
        gradients.rows(row..<row + n).copy(from: dO)
        lk_row_dots(delta + row, dO.kernelRows, o.kernelRows, n, d, level)
        for index in 0..<n { logSumExp[row + index] = inputs.logSumExp.row(start + index)[queryHead] }
      }
      accumulator.fill(0)
      for first in stride(from: 0, to: block.upperBound, by: keyBlock) {
        let keys = first..<min(block.upperBound, first + keyBlock)
        let scores = Matrix(slot.scores.base, rows: rows, columns: keys.count)
        let dScores = Matrix(slot.dScores.base, rows: rows, columns: keys.count)
        GEMM.single(queries, false, k.rows(keys), true, scores, d, scale, 0)
        GEMM.single(gradients, false, v.rows(keys), true, dScores, d, 1, 0)
        lk_softmax_block_backward_f32(
          scores.base, dScores.base, logSumExp, delta, rows, keys.count, start + 1 - first, n, level)
        GEMM.single(scores, true, gradients, false, dv.rows(keys), rows, 1, 1)
        GEMM.single(dScores, true, queries, false, dk.rows(keys), rows, scale, 1)
        GEMM.single(dScores, false, k.rows(keys), false, accumulator, keys.count, scale, 1)
      }
      for head in 0..<group {
        dq.rows(block).head(keyValueHead * group + head, d).copy(
          from: accumulator.rows(head * n..<(head + 1) * n))
      }
    }
  }
}
