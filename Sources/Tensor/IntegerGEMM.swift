import CKernels

/// Matrix products in eight bits with weights in `q8Tiled`: exact integer sums over 64 values, added in float32.
///
/// The left operand is rounded as it comes, each 64 values of a row to multiples of 1/127 of the largest among them.
/// As in SwitchBack (Wortsman et al. 2023, arXiv 2304.13013), outputs and input gradients are computed in eight bits;
/// gradients of trained weights stay in the type of their operands.
/// The right operand is packed as it is used, as `PackedGEMM` does it.
enum IntegerGEMM {
  private static let group = Int(LK_Q8_GROUP)
  private static let blockBytes = MemoryLayout<lk_q8_block>.stride

  /// Computes C = factor·(A·op(B) + A₂·op(B₂)) + bias, added to what C holds where `adds`.
  ///
  /// - Parameters:
  ///   - a: [M, K].
  ///   - b: [K, N], or [N, K] if `transposeB`; in `q8Tiled`.
  ///   - term: A₂ and B₂, for a bfloat16 `a` alone.
  ///   - c: [M, N], overlapping no operand; float32, or of either type beside a bfloat16 `a`.
  ///   - bias: [1, N], float32.
  ///   - dithers: Whether `a` is rounded up or down at random, instead of to the nearest multiple.
  static func multiply(
    _ a: Matrix, _ b: WeightMatrix, transposeB: Bool, plus term: MatrixProduct.Term? = nil, into c: Matrix,
    adds: Bool = false, factor: Float = 1, bias: Matrix? = nil, dithers: Bool = false, pool: ThreadPool
  ) {
    PackedGEMM.requireOperands(a, b, transposeB, c)
    precondition(term == nil || a.dtype == .bfloat16, "a second operand in \(a.dtype)")
    guard c.count > 0 else { return }
    // Float32 sums can wait in C, so that two panels of a long inner dimension still fit the cache.
    let longest = PackedGEMM.cachedBytes / 2 / blockBytes * group
    let depth = min(max(a.columns, 1), c.dtype == .float32 ? longest : .max)
    let step = pool.productScratch.quantizedRows(groups: groups(depth))
    for first in stride(from: 0, to: a.rows, by: step) {
      let rows = first..<min(a.rows, first + step)
      for start in stride(from: 0, to: max(a.columns, 1), by: depth) {
        let inner = start..<min(a.columns, start + depth)
        let isFirst = start == 0
        let dither = lk_dither(applies: dithers, row: first, column: start)
        multiplyPart(
          quantize(a.rows(rows).columns(inner), dither, pool), b, transposeB, inner,
          plus: isFirst ? term.map { MatrixProduct.Term($0.a.rows(rows), $0.b) } : nil, into: c.rows(rows),
          adds: adds || !isFirst, factor: factor, bias: isFirst ? bias : nil, pool: pool)
      }
    }
  }

  private static func groups(_ k: Int) -> Int { (k + group - 1) / group }

  private static func quantize(_ a: Matrix, _ dither: lk_dither, _ pool: ThreadPool) -> lk_q8_operand {
    let left = pool.productScratch.quantized(rows: a.rows, groups: groups(a.columns))
    let level = kernelLevel
    pool.split(a.rows, cost: a.columns) {
      let part = lk_dither(
        applies: dither.applies, row: dither.row + $0.lowerBound, column: dither.column)
      lk_quantize_operand_q8(left.from($0.lowerBound), a.kernelRows($0), $0.count, a.columns, part, level)
    }
    return left
  }

  /// The product over one part of the inner dimension, which begins with a whole group.
  private static func multiplyPart(
    _ left: lk_q8_operand, _ b: WeightMatrix, _ transposeB: Bool, _ inner: Range<Int>,
    plus term: MatrixProduct.Term?, into c: Matrix, adds: Bool, factor: Float, bias: Matrix?,
    pool: ThreadPool
  ) {
    let level = kernelLevel
    let columns = PackedGEMM.panelColumns
    let size = lk_q8_scale_bytes(left.groups) + left.groups * blockBytes
    let panelBytes = size + (term.map { ($0.a.columns + $0.a.columns % 2) * columns * 2 } ?? 0)
    // Two panels are a cache line of each row of B.
    let windowColumns = max(1, PackedGEMM.cachedBytes / max(1, 2 * panelBytes)) * 2 * columns
    let grid = ProductGrid(rows: c.rows, columns: c.columns, threads: pool.threadCount)
    pool.parallel(grid.count) { task, worker in
      let tile = grid.tile(task)
      let panels = pool.productScratch.panels(worker, byteCount: windowColumns / columns * panelBytes)
      for start in stride(from: tile.columns.lowerBound, to: tile.columns.upperBound, by: windowColumns) {
        let window = start..<min(tile.columns.upperBound, start + windowColumns)
        pack(b, transposeB, inner, window, panels, panelBytes, level)
        if let term {
          let behind = (panels + size).assumingMemoryBound(to: UInt16.self)
          PackedGEMM.pack(
            WeightMatrix(term.b), transposeB, 0..<term.a.columns, window, .bfloat16(behind), panelBytes / 2,
            level)
        }
        let result = lk_gemm_result(
          c: c.rows(tile.rows).columns(window).kernelRows, adds: adds, factor: factor,
          bias: bias.map { UnsafePointer($0.base + start) })
        lk_gemm_q8(
          result, left.from(tile.rows.lowerBound), PackedGEMM.operand(term?.a.rows(tile.rows)), panels,
          panelBytes, tile.rows.count, window.count, level)
      }
    }
  }

  private static func pack(
    _ b: WeightMatrix, _ transposeB: Bool, _ inner: Range<Int>, _ columns: Range<Int>,
    _ panels: UnsafeMutableRawPointer, _ panelBytes: Int, _ level: lk_level
  ) {
    if transposeB {
      lk_pack_transposed_q8(
        panels, panelBytes, b.kernelRows(columns, inner), inner.count, columns.count, level)
    } else {
      lk_pack_q8(panels, panelBytes, b.kernelRows(inner, columns), inner.count, columns.count, level)
    }
  }
}

extension lk_q8_operand {
  /// The operand from a row on.
  fileprivate func from(_ row: Int) -> lk_q8_operand {
    lk_q8_operand(
      values: values + row * groups * Int(LK_Q8_GROUP), scales: scales + row * groups, groups: groups)
  }
}
