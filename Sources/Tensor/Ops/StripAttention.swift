import CKernels

/// The tasks of attention through this package's own products: each is one block of queries of the heads that share a
/// key-value head, or the backward of such blocks, on the calling thread.
///
/// Scores are computed for a strip of fourteen queries at a time, the height of the product's tile, against a block
/// of packed keys: the strip's scores, 14 × 256 in float32, and its probabilities stay in the first-level cache, and
/// the strip stops at the last key it sees, so that little is computed that causality masks. All heads of a group
/// share the packed keys and values.
enum StripAttention {
  /// Query rows of a block, for each head: enough to make little of packing a block of keys, and few enough that the
  /// last blocks of two threads end together.
  static let queryBlock = 128
  /// Keys of a block. In bfloat16 the three packed forms that the backward needs take a tenth of a second-level cache of
  /// one megabyte, and its packed probabilities and gradients of scores, 128 × 256 each, another eighth.
  static let keyBlock = 256
  /// Query rows of a strip.
  private static let stripRows = 14

  /// A thread's own buffers.
  struct Slot: Sendable {
    /// The type of the operands.
    let dtype: DType
    /// A block of keys as packed right operands: transposed keys [D, keys] and, in the backward, transposed values
    /// and keys as they are. In the forward `values` holds values as they are.
    let transposedKeys, values, keys: Matrix
    /// A strip's scores and the gradients of its probabilities, [14, keys], float32.
    let scores, dProbabilities: Matrix
    /// A strip's probabilities in the forward, the gradients of its scores in the backward: [14, keys]. In float32 they
    /// take the place of what they are made of.
    let rounded: Matrix?
    /// Probabilities and gradients of scores of a block, packed as right operands [queries, keys].
    let probabilities, dScores: Matrix
    /// Queries and output gradients of a block and one head, transposed: [D, queries].
    let transposedQueries, transposedGradients: Matrix
    /// Sums of outputs or of query gradients: [group · queries, D], float32.
    let accumulator: Matrix
    /// [2, group · queries]: running maxima and sums in the forward, log-sum-exp and row dots in the backward.
    let statistics: Matrix

    init(_ workspace: Workspace, group: Int, headDimension: Int, dtype: DType, hasBackward: Bool) {
      let d = headDimension
      self.dtype = dtype
      let take = { (rows: Int, columns: Int, dtype: DType) in
        workspace.take("attention block", rows: rows, columns: columns, dtype)
      }
      let backward = hasBackward ? 1 : 0
      let rowPanels = (d + panelColumns - 1) / panelColumns * keyBlock
      let columnPanels = (d + d % 2) * keyBlock / panelColumns
      transposedKeys = take(columnPanels, panelColumns, dtype)
      values = take(max(rowPanels, columnPanels), panelColumns, dtype)
      keys = take(backward * rowPanels, panelColumns, dtype)
      scores = take(stripRows, keyBlock, .float32)
      dProbabilities = take(backward * stripRows, keyBlock, .float32)
      rounded = dtype == .float32 ? nil : take(stripRows, keyBlock, dtype)
      probabilities = take(backward * queryBlock, keyBlock, dtype)
      dScores = take(backward * queryBlock, keyBlock, dtype)
      transposedQueries = take(backward * d, queryBlock, dtype)
      transposedGradients = take(backward * d, queryBlock, dtype)
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
          let sum = slot.accumulator.rows(row..<row + strip.count)
          let scores = slot.scores.block(rows: strip.count, columns: seen)
          multiply(
            queries.rows(strip), transposedKeys, into: scores.columns(0..<roundedUp(seen, to: 16)),
            factor: scale * slot.unit, level)
          let probabilities = softmax(
            scores, maxima + row, sums + row, rescaling: sum, visible: start + strip.lowerBound + 1 - first,
            slot, level)
          let depth = min(roundedUp(seen, to: 2), keys.count)
          multiply(probabilities.columns(0..<depth), values, into: sum, adds: first > 0, level)
        }
      }
    }
    for head in 0..<group {
      let (row, queryHead) = (head * n, keyValueHead * group + head)
      let output = o.head(queryHead, d)
      lk_softmax_finish(
        output.kernelRows, logSumExp.map { $0.base + queryHead }, logSumExp?.stride ?? 0,
        slot.accumulator.row(row), maxima + row, sums + row, 1 / slot.unit, n, d, level)
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
        for index in 0..<n {
          logSumExp[row + index] = inputs.logSumExp.row(start + index)[queryHead] * slot.unit
        }
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
      let columns = 0..<roundedUp(seen, to: 16)
      let scores = slot.scores.block(rows: strip.count, columns: seen)
      let dProbabilities = slot.dProbabilities.block(rows: strip.count, columns: seen)
      multiply(
        queries.rows(strip), keys.transposed, into: scores.columns(columns), factor: scale * slot.unit, level)
      multiply(
        gradients.rows(strip), keys.transposedValues, into: dProbabilities.columns(columns), level)
      let dScores = softmaxBackward(
        scores, dProbabilities, logSumExp + strip.lowerBound, delta + strip.lowerBound,
        firstRow: strip.lowerBound, visible: start + strip.lowerBound + 1, slot, level)
      let depth = min(roundedUp(seen, to: 2), keyCount)
      multiply(
        dScores.columns(0..<depth), keys.rows, into: dq.rows(strip), adds: adds, factor: scale, level)
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
      let panels = Panels(b, from: (index * queryBlock + first) * panelColumns, stride: 0)
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
    transpose(whole, into: gradient.head(keyValueHead, headDimension), kernelLevel)
  }

  /// A row length that keeps the rows of a column apart in the caches: an odd number of cache lines.
  static func padded(_ columns: Int) -> Int { roundedUp(columns, to: 32) + 16 }

  static let panelColumns = Int(LK_PANEL_COLUMNS)

  static func roundedUp(_ count: Int, to unit: Int) -> Int { (count + unit - 1) / unit * unit }

  private static func strips(_ rows: Int) -> some Sequence<Range<Int>> {
    stride(from: 0, to: rows, by: stripRows).lazy.map { $0..<min(rows, $0 + stripRows) }
  }
}

extension Matrix {
  /// The columns of one head.
  @inline(__always)
  func head(_ index: Int, _ dimension: Int) -> Matrix {
    columns(index * dimension..<(index + 1) * dimension)
  }

  /// The memory as rows one after another, each of so many columns filled up to a whole panel.
  @inline(__always)
  func block(rows: Int, columns: Int) -> Matrix {
    Matrix(
      address, dtype, rows: rows,
      columns: StripAttention.roundedUp(columns, to: StripAttention.panelColumns))
  }
}
