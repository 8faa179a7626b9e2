import CKernels
import Foundation

/// The tasks of attention over bfloat16 matrices: each is one block of queries of the heads that share a key-value
/// head, or the backward of such blocks, on the calling thread.
///
/// Scores are computed for a strip of fourteen queries at a time, the height of the product's tile, against a block
/// of packed keys: the strip's scores, 14 × 256 in float32, and its probabilities stay in the first-level cache, and
/// the strip stops at the last key it sees, so that little is computed that causality masks. All heads of a group
/// share the packed keys and values. Scores carry a factor of log₂ e, which makes exponentials powers of two.
enum HalfAttention {
  /// Query rows of a block, for each head. What their backward packs, two blocks of 256 × 256, takes a quarter of a
  /// second-level cache of one megabyte.
  static let queryBlock = 256
  /// Keys of a block.
  static let keyBlock = 256
  /// Query rows of a strip.
  private static let stripRows = 14

  /// A thread's own buffers.
  struct Slot: Sendable {
    /// A block of keys as packed right operands: transposed keys [D, keys] and, in the backward, transposed values
    /// and keys as they are. In the forward `values` holds values as they are.
    fileprivate let transposedKeys, values, keys: Matrix
    /// A strip's scores and the gradients of its probabilities, [14, keys], float32.
    fileprivate let scores, dProbabilities: Matrix
    /// A strip's probabilities in the forward, the gradients of its scores in the backward: [14, keys].
    fileprivate let strip: Matrix
    /// Probabilities and gradients of scores of a block, packed as right operands [queries, keys].
    fileprivate let probabilities, dScores: Matrix
    /// Queries and output gradients of a block and one head, transposed: [D, queries].
    fileprivate let transposedQueries, transposedGradients: Matrix
    /// Sums of outputs or of query gradients: [group · queries, D], float32.
    fileprivate let accumulator: Matrix
    /// [2, group · queries]: running maxima and sums in the forward, log-sum-exp and row dots in the backward.
    fileprivate let statistics: Matrix

    init(_ workspace: Workspace, group: Int, headDimension: Int, hasBackward: Bool) {
      let d = headDimension
      let take = { (rows: Int, columns: Int, dtype: DType) in
        workspace.take("attention block", rows: rows, columns: columns, dtype)
      }
      let backward = hasBackward ? 1 : 0
      let rowPanels = (d + panelColumns - 1) / panelColumns * keyBlock
      let columnPanels = (d + d % 2) * keyBlock / panelColumns
      transposedKeys = take(columnPanels, panelColumns, .bfloat16)
      values = take(max(rowPanels, columnPanels), panelColumns, .bfloat16)
      keys = take(backward * rowPanels, panelColumns, .bfloat16)
      scores = take(stripRows, keyBlock, .float32)
      dProbabilities = take(backward * stripRows, keyBlock, .float32)
      strip = take(stripRows, keyBlock, .bfloat16)
      probabilities = take(backward * queryBlock, keyBlock, .bfloat16)
      dScores = take(backward * queryBlock, keyBlock, .bfloat16)
      transposedQueries = take(backward * d, queryBlock, .bfloat16)
      transposedGradients = take(backward * d, queryBlock, .bfloat16)
      accumulator = take(group * queryBlock, d, .float32)
      statistics = take(2, group * queryBlock, .float32)
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
    let (k, v) = (k.head(keyValueHead, d), v.head(keyValueHead, d))
    let (maxima, sums) = (slot.statistics.row(0), slot.statistics.row(1))
    maxima.update(repeating: -.infinity, count: group * n)
    sums.update(repeating: 0, count: group * n)
    let end = start + n
    for first in stride(from: 0, to: end, by: keyBlock) {
      let keys = first..<min(end, first + keyBlock)
      packTransposed(k.rows(keys), into: slot.transposedKeys, level)
      let panelStride = pack(v.rows(keys), into: slot.values, level)
      for head in 0..<group {
        let queries = q.head(keyValueHead * group + head, d)
        for strip in strips(n) {
          let seen = min(keys.count, start + strip.upperBound - first)
          guard seen > 0 else { continue }
          multiply(
            operand(queries.rows(strip)), slot.transposedKeys.halves, into: slot.scores, rows: strip.count,
            columns: rounded(seen, to: 16), factor: scale * log2e, level)
          let row = head * n + strip.lowerBound
          lk_softmax_block_bf16(
            slot.strip.halves, slot.scores.base, keyBlock, maxima + row, sums + row,
            slot.accumulator.row(row),
            d, strip.count, rounded(seen, to: panelColumns), start + strip.lowerBound + 1 - first, level)
          multiplyPrefix(
            slot.strip, slot.values.halves, panelStride: panelStride,
            into: slot.accumulator.rows(row..<row + strip.count), inner: seen, adds: first > 0, factor: 1,
            level)
        }
      }
    }
    for head in 0..<group {
      let (row, queryHead) = (head * n, keyValueHead * group + head)
      let output = o.head(queryHead, d)
      lk_softmax_finish(
        output.kernelRows, logSumExp.map { $0.base + queryHead }, logSumExp?.stride ?? 0,
        slot.accumulator.row(row), maxima + row, sums + row, 1 / log2e, n, d, level)
    }
  }

  /// The given queries of one sequence and key-value head: overwrites their dq, and this part of dk and dv of all
  /// keys up to the last of them.
  ///
  /// - Parameters:
  ///   - range: Queries of the sequence, beginning with a block.
  ///   - dq: [length, H·D].
  ///   - dk: The transpose, [K·D, length], float32; so is `dv`.
  static func backwardPart(
    queries range: Range<Int>, dq: Matrix, dk: Matrix, dv: Matrix, _ inputs: Attention.Inputs,
    keyValueHead: Int,
    scale: Float, _ scratch: AttentionScratch, _ slot: Slot
  ) {
    let (d, level) = (scratch.headDimension, kernelLevel)
    let group = scratch.heads / scratch.keyValueHeads
    let (k, v) = (inputs.k.head(keyValueHead, d), inputs.v.head(keyValueHead, d))
    let channels = keyValueHead * d..<(keyValueHead + 1) * d
    let (dk, dv) = (dk.rows(channels), dv.rows(channels))
    dk.columns(0..<range.upperBound).fill(0)
    dv.columns(0..<range.upperBound).fill(0)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: queryBlock) {
      let block = start..<min(range.upperBound, start + queryBlock)
      let n = block.count
      let (logSumExp, delta) = (slot.statistics.row(0), slot.statistics.row(1))
      for head in 0..<group {
        let (row, queryHead) = (head * n, keyValueHead * group + head)
        let (dO, o) = (inputs.dO.rows(block).head(queryHead, d), inputs.o.rows(block).head(queryHead, d))
        lk_row_dots(delta + row, dO.kernelRows, o.kernelRows, n, d, level)
        for index in 0..<n { logSumExp[row + index] = inputs.logSumExp.row(start + index)[queryHead] * log2e }
      }
      for first in stride(from: 0, to: block.upperBound, by: keyBlock) {
        let keys = first..<min(block.upperBound, first + keyBlock)
        packTransposed(k.rows(keys), into: slot.transposedKeys, level)
        packTransposed(v.rows(keys), into: slot.values, level)
        let panelStride = pack(k.rows(keys), into: slot.keys, level)
        for head in 0..<group {
          let queryHead = keyValueHead * group + head
          let queries = inputs.q.rows(block).head(queryHead, d)
          let gradients = inputs.dO.rows(block).head(queryHead, d)
          // A block that sees one block of keys has no sums to keep.
          let sums =
            block.upperBound <= keyBlock
            ? dq.rows(block).head(queryHead, d) : slot.accumulator.rows(head * n..<(head + 1) * n)
          for strip in strips(n) {
            let seen = min(keys.count, start + strip.upperBound - first)
            guard seen > 0 else { continue }
            let columns = rounded(seen, to: 16)
            multiply(
              operand(queries.rows(strip)), slot.transposedKeys.halves, into: slot.scores, rows: strip.count,
              columns: columns, factor: scale * log2e, level)
            multiply(
              operand(gradients.rows(strip)), slot.values.halves, into: slot.dProbabilities,
              rows: strip.count,
              columns: columns, factor: 1, level)
            let (row, place) = (head * n + strip.lowerBound, strip.lowerBound * panelColumns)
            lk_softmax_backward_bf16(
              slot.strip.halves, slot.probabilities.halves + place, slot.dScores.halves + place,
              queryBlock * panelColumns, slot.scores.base, slot.dProbabilities.base, keyBlock,
              logSumExp + row,
              delta + row, strip.count, rounded(seen, to: panelColumns), start + strip.lowerBound + 1 - first,
              level)
            multiplyPrefix(
              slot.strip, slot.keys.halves, panelStride: panelStride, into: sums.rows(strip), inner: seen,
              adds: first > 0, factor: scale, level)
          }
          transpose(queries, into: slot.transposedQueries, level)
          transpose(gradients, into: slot.transposedGradients, level)
          for panel in stride(from: 0, to: keys.count, by: panelColumns) {
            let columns = panel..<min(keys.count, panel + panelColumns)
            let target = keys.lowerBound + panel..<keys.lowerBound + columns.upperBound
            // The queries that see any of these keys. Blocks begin at multiples of a panel, so this is one too.
            let seeing = max(0, first + panel - start)..<n
            let place = panel / panelColumns * queryBlock * panelColumns + seeing.lowerBound * panelColumns
            multiply(
              operand(slot.transposedGradients.columns(seeing)), slot.probabilities.halves + place,
              into: dv.columns(target), rows: d, columns: columns.count, adds: true, factor: 1, level)
            multiply(
              operand(slot.transposedQueries.columns(seeing)), slot.dScores.halves + place,
              into: dk.columns(target), rows: d, columns: columns.count, adds: true, factor: scale, level)
          }
        }
      }
      guard block.upperBound > keyBlock else { continue }
      for head in 0..<group {
        let result = dq.rows(block).head(keyValueHead * group + head, d)
        lk_copy(result.kernelRows, slot.accumulator.rows(head * n..<(head + 1) * n).kernelRows, n, d, level)
      }
    }
  }

  /// Adds up the parts of one key-value head's gradient of one sequence, in their order, and writes them to their
  /// place.
  ///
  /// - Parameters:
  ///   - parts: The transposes, [K·D, length] each, and the keys that each has.
  ///   - gradient: dk or dv, [length, K·D].
  static func finishBackward(
    parts: [(sums: Matrix, keys: Int)], into gradient: Matrix, keyValueHead: Int, headDimension: Int
  ) {
    let channels = keyValueHead * headDimension..<(keyValueHead + 1) * headDimension
    guard let whole = parts.last?.sums.rows(channels) else { return }
    for part in parts.dropLast() {
      let sums = part.sums.rows(channels)
      lk_add(whole.kernelRows, sums.kernelRows, headDimension, part.keys, kernelLevel)
    }
    let target = gradient.head(keyValueHead, headDimension)
    lk_transpose_narrow_bf16(
      target.halves, target.stride, whole.base, whole.stride, headDimension, target.rows, kernelLevel)
  }

  /// A row length that keeps the rows of a column apart in the caches: an odd number of cache lines.
  static func padded(_ columns: Int) -> Int { rounded(columns, to: 32) + 16 }

  private static let panelColumns = Int(LK_PANEL_COLUMNS)
  private static let log2e = Float(M_LOG2E)

  private static func rounded(_ count: Int, to unit: Int) -> Int { (count + unit - 1) / unit * unit }

  private static func strips(_ rows: Int) -> some Sequence<Range<Int>> {
    stride(from: 0, to: rows, by: stripRows).lazy.map { $0..<min(rows, $0 + stripRows) }
  }

  private static func packTransposed(_ b: Matrix, into panels: Matrix, _ level: lk_level) {
    let panelSize = (b.columns + b.columns % 2) * panelColumns
    lk_pack_transposed_bf16(
      panels.halves, panelSize, b.kernelRows, b.columns, b.rows, level)
  }

  /// Returns the distance of the panels.
  private static func pack(_ b: Matrix, into panels: Matrix, _ level: lk_level) -> Int {
    let panelSize = (b.rows + b.rows % 2) * panelColumns
    lk_pack_bf16(panels.halves, panelSize, b.kernelRows, b.rows, b.columns, level)
    return panelSize
  }

  private static func transpose(_ x: Matrix, into y: Matrix, _ level: lk_level) {
    lk_transpose_bf16(y.halves, y.stride, x.halves, x.stride, x.rows, x.columns, level)
  }

  private static func operand(_ a: Matrix) -> lk_gemm_operand {
    lk_gemm_operand(base: a.halves, stride: a.stride, k: a.columns)
  }

  private static func multiply(
    _ a: lk_gemm_operand, _ panels: UnsafePointer<UInt16>, into c: Matrix, rows: Int, columns: Int,
    adds: Bool = false, factor: Float, _ level: lk_level
  ) {
    let result = lk_gemm_result(
      c: c.kernelRows, adds: adds, factor: factor, bias: nil)
    lk_gemm_bf16(result, a, lk_gemm_operand(base: nil, stride: 0, k: 0), panels, rows, columns, level)
  }

  /// The product of the first `inner` columns of a strip and the first `inner` rows of panels that may have more.
  private static func multiplyPrefix(
    _ a: Matrix, _ panels: UnsafePointer<UInt16>, panelStride: Int, into c: Matrix, inner: Int, adds: Bool,
    factor: Float, _ level: lk_level
  ) {
    // Behind an odd number of keys there is one more column of zeros, and a row of zeros or of a key unseen.
    let a = lk_gemm_operand(base: a.halves, stride: a.stride, k: rounded(inner, to: 2))
    for column in stride(from: 0, to: c.columns, by: panelColumns) {
      let part = c.columns(column..<min(c.columns, column + panelColumns))
      multiply(
        a, panels + column / panelColumns * panelStride, into: part, rows: part.rows, columns: part.columns,
        adds: adds, factor: factor, level)
    }
  }
}

extension Matrix {
  /// The columns of one head.
  @inline(__always)
  func head(_ index: Int, _ dimension: Int) -> Matrix {
    columns(index * dimension..<(index + 1) * dimension)
  }
}
