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
  /// Query rows of a block, for each head: enough to make little of packing a block of keys, and few enough that the
  /// last blocks of two threads end together.
  static let queryBlock = 128
  /// Keys of a block. The three packed forms that the backward needs take a tenth of a second-level cache of one
  /// megabyte, and its packed probabilities and gradients of scores, 128 × 256 each, another eighth.
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
      let transposedKeys = packTransposed(k.rows(keys), into: slot.transposedKeys, level)
      let values = pack(v.rows(keys), into: slot.values, level)
      for head in 0..<group {
        let queries = q.head(keyValueHead * group + head, d)
        for strip in strips(n) {
          let seen = min(keys.count, start + strip.upperBound - first)
          guard seen > 0 else { continue }
          let row = head * n + strip.lowerBound
          multiply(
            queries.rows(strip), transposedKeys,
            into: slot.scores.window(rows: strip.count, columns: rounded(seen, to: 16)),
            factor: scale * log2e,
            level)
          lk_softmax_block_bf16(
            slot.strip.halves, slot.scores.base, keyBlock, maxima + row, sums + row,
            slot.accumulator.row(row),
            d, strip.count, rounded(seen, to: panelColumns), start + strip.lowerBound + 1 - first, level)
          multiply(
            slot.strip.window(rows: strip.count, columns: rounded(seen, to: 2)), values,
            into: slot.accumulator.rows(row..<row + strip.count), adds: first > 0, level)
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
    keyValueHead: Int, scale: Float, _ scratch: AttentionScratch, _ slot: Slot
  ) {
    let (d, level) = (scratch.headDimension, kernelLevel)
    let group = scratch.heads / scratch.keyValueHeads
    let (k, v) = (inputs.k.head(keyValueHead, d), inputs.v.head(keyValueHead, d))
    let channels = keyValueHead * d..<(keyValueHead + 1) * d
    let (dk, dv) = (dk.rows(channels), dv.rows(channels))
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
        let packed = Keys(
          transposed: packTransposed(k.rows(keys), into: slot.transposedKeys, level),
          transposedValues: packTransposed(v.rows(keys), into: slot.values, level),
          rows: pack(k.rows(keys), into: slot.keys, level))
        for head in 0..<group {
          let queryHead = keyValueHead * group + head
          let queries = inputs.q.rows(block).head(queryHead, d)
          let gradients = inputs.dO.rows(block).head(queryHead, d)
          // A block that sees one block of keys has no sums to keep.
          let sums =
            block.upperBound <= keyBlock
            ? dq.rows(block).head(queryHead, d) : slot.accumulator.rows(head * n..<(head + 1) * n)
          backwardStrips(
            queries, gradients, packed, dq: sums, logSumExp: logSumExp + head * n, delta: delta + head * n,
            keyCount: keys.count, start: start - first, adds: first > 0, scale: scale, slot, level)
          // The first head of the first block that sees a key finds nothing to add to.
          let seenBefore = head > 0 ? block.upperBound : start == range.lowerBound ? 0 : start
          transpose(gradients, into: slot.transposedGradients, level)
          addKeyGradients(
            slot.transposedGradients, slot.probabilities, to: dv, keys: keys, queries: block,
            seenBefore: seenBefore, factor: 1, level)
          transpose(queries, into: slot.transposedQueries, level)
          addKeyGradients(
            slot.transposedQueries, slot.dScores, to: dk, keys: keys, queries: block, seenBefore: seenBefore,
            factor: scale, level)
        }
      }
      guard block.upperBound > keyBlock else { continue }
      for head in 0..<group {
        let result = dq.rows(block).head(keyValueHead * group + head, d)
        lk_copy(result.kernelRows, slot.accumulator.rows(head * n..<(head + 1) * n).kernelRows, n, d, level)
      }
    }
  }

  /// A block of keys and values as the backward multiplies with them.
  private struct Keys {
    let transposed, transposedValues, rows: Panels
  }

  /// One head's block of queries against one block of keys: recomputes the probabilities, leaves them and the
  /// gradients of scores packed in the slot, and adds to dq.
  ///
  /// - Parameters:
  ///   - start: The position of the first query in the block of keys.
  private static func backwardStrips(
    _ queries: Matrix, _ gradients: Matrix, _ keys: Keys, dq: Matrix,
    logSumExp: UnsafePointer<Float>, delta: UnsafePointer<Float>, keyCount: Int, start: Int, adds: Bool,
    scale: Float, _ slot: Slot, _ level: lk_level
  ) {
    for strip in strips(queries.rows) {
      let seen = min(keyCount, start + strip.upperBound)
      guard seen > 0 else { continue }
      let columns = rounded(seen, to: 16)
      multiply(
        queries.rows(strip), keys.transposed, into: slot.scores.window(rows: strip.count, columns: columns),
        factor: scale * log2e, level)
      multiply(
        gradients.rows(strip), keys.transposedValues,
        into: slot.dProbabilities.window(rows: strip.count, columns: columns), level)
      let place = strip.lowerBound * panelColumns
      lk_softmax_backward_bf16(
        slot.strip.halves, slot.probabilities.halves + place, slot.dScores.halves + place,
        queryBlock * panelColumns, slot.scores.base, slot.dProbabilities.base, keyBlock,
        logSumExp + strip.lowerBound, delta + strip.lowerBound, strip.count,
        rounded(seen, to: panelColumns), start + strip.lowerBound + 1, level)
      multiply(
        slot.strip.window(rows: strip.count, columns: rounded(seen, to: 2)), keys.rows, into: dq.rows(strip),
        adds: adds, factor: scale, level)
    }
  }

  /// Adds factor·Σ a[c,t]·b[t,j] over the queries t that see key j to `gradient`.
  ///
  /// - Parameters:
  ///   - a: [D, queries].
  ///   - b: [queries, keys], packed.
  ///   - gradient: [D, length], float32; overwritten from key `seenBefore` on.
  private static func addKeyGradients(
    _ a: Matrix, _ b: Matrix, to gradient: Matrix, keys: Range<Int>, queries: Range<Int>, seenBefore: Int,
    factor: Float, _ level: lk_level
  ) {
    for (index, panel) in stride(from: keys.lowerBound, to: keys.upperBound, by: panelColumns).enumerated() {
      // Blocks begin at multiples of a panel, so the first query that sees any of its keys does too.
      let first = max(0, panel - queries.lowerBound)
      let panels = Panels(base: b.halves + (index * queryBlock + first) * panelColumns, stride: 0)
      multiply(
        a.columns(first..<queries.count), panels,
        into: gradient.columns(panel..<min(keys.upperBound, panel + panelColumns)), adds: panel < seenBefore,
        factor: factor, level)
    }
  }

  /// Adds up the parts of one key-value head's gradient of one sequence in the last of them, in a fixed order, and
  /// writes the sum to its place.
  ///
  /// - Parameters:
  ///   - parts: The transposes, [K·D, tokens] each.
  ///   - keyCount: How many of the sequence's keys a part has.
  ///   - gradient: dk or dv, [length, K·D].
  static func finishBackward(
    parts: ArraySlice<Matrix>, sequence: Range<Int>, into gradient: Matrix, keyValueHead: Int,
    headDimension: Int, keyCount: (_ part: Int) -> Int
  ) {
    let channels = keyValueHead * headDimension..<(keyValueHead + 1) * headDimension
    guard let last = parts.last else { return }
    let whole = last.rows(channels).columns(sequence)
    for (index, part) in parts.dropLast().enumerated() {
      let sums = part.rows(channels).columns(sequence)
      lk_add(whole.kernelRows, sums.kernelRows, headDimension, keyCount(index), kernelLevel)
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

  /// A packed right operand: where its first panel is, and how many elements on the next.
  private struct Panels {
    let base: UnsafeMutablePointer<UInt16>
    let stride: Int
  }

  private static func packTransposed(_ b: Matrix, into panels: Matrix, _ level: lk_level) -> Panels {
    let panels = Panels(base: panels.halves, stride: (b.columns + b.columns % 2) * panelColumns)
    lk_pack_transposed_bf16(panels.base, panels.stride, b.kernelRows, b.columns, b.rows, level)
    return panels
  }

  private static func pack(_ b: Matrix, into panels: Matrix, _ level: lk_level) -> Panels {
    let panels = Panels(base: panels.halves, stride: (b.rows + b.rows % 2) * panelColumns)
    lk_pack_bf16(panels.base, panels.stride, b.kernelRows, b.rows, b.columns, level)
    return panels
  }

  private static func transpose(_ x: Matrix, into y: Matrix, _ level: lk_level) {
    lk_transpose_bf16(y.halves, y.stride, x.halves, x.stride, x.rows, x.columns, level)
  }

  /// c = factor·a·b, added to what c holds where `adds`, over the first rows of b, as many as a has columns.
  private static func multiply(
    _ a: Matrix, _ b: Panels, into c: Matrix, adds: Bool = false, factor: Float = 1, _ level: lk_level
  ) {
    lk_gemm_block_bf16(
      c.address, c.stride, c.kernelRows.type, adds, factor, a.halves, a.stride, a.columns, b.base, b.stride,
      c.rows, c.columns, level)
  }
}

extension Matrix {
  /// The columns of one head.
  @inline(__always)
  func head(_ index: Int, _ dimension: Int) -> Matrix {
    columns(index * dimension..<(index + 1) * dimension)
  }

  /// The first rows and columns.
  @inline(__always)
  fileprivate func window(rows: Int, columns: Int) -> Matrix {
    self.rows(0..<rows).columns(0..<columns)
  }
}
