import CKernels

/// Matrix products of bfloat16 operands with float32 sums, over this package's own kernels.
///
/// The right operand is packed as it is used, a few panels at a time into a core's second-level cache, straight from
/// wherever it lies: for a thousand rows on the left that costs one or two percent, and it makes a second copy of
/// the weights, for this direction or the other, unnecessary. Every element is one sum over the whole inner dimension in
/// its order, so no result depends on how the work was cut.
enum HalfGEMM {
  /// Computes C = factor·(A·op(B) + A₂·op(B₂)) + bias, added to what C holds where `adds`.
  ///
  /// - Parameters:
  ///   - a: [M, K], bfloat16.
  ///   - b: [K, N], or [N, K] if `transposeB`; float32 is rounded to bfloat16.
  ///   - c: [M, N] of either type, overlapping no operand.
  ///   - bias: [1, N], float32.
  static func multiply(
    _ a: Matrix, _ b: Matrix, transposeB: Bool, plus term: MatrixProduct.Term? = nil, into c: Matrix,
    adds: Bool = false,
    factor: Float = 1, bias: Matrix? = nil, pool: ThreadPool
  ) {
    requireOperands(a, b, transposeB, c)
    if let term { requireOperands(term.a, term.b, transposeB, c) }
    guard c.count > 0 else { return }
    let level = kernelLevel
    let (first, second) = (
      operand(a), term.map { operand($0.a) } ?? lk_gemm_operand(base: nil, stride: 0, k: 0)
    )
    let firstSize = (a.columns + a.columns % 2) * panelColumns
    let panelSize = firstSize + (second.k + second.k % 2) * panelColumns
    // Three eighths of a second-level cache of one megabyte: the rest is for the rows of A and C passing through.
    let group = max(1, (384 << 10) / (2 * panelSize)) * panelColumns
    let grid = Grid(rows: c.rows, columns: c.columns, threads: pool.threadCount)
    pool.parallel(grid.count) { task, worker in
      let (rows, columns) = grid.tile(task)
      let panels = pool.productScratch.panels(worker, count: group / panelColumns * panelSize)
      func part(_ operand: lk_gemm_operand) -> lk_gemm_operand {
        lk_gemm_operand(
          base: operand.base.map { $0 + rows.lowerBound * operand.stride }, stride: operand.stride,
          k: operand.k)
      }
      for start in stride(from: columns.lowerBound, to: columns.upperBound, by: group) {
        let window = start..<min(columns.upperBound, start + group)
        pack(b, transposeB, window, panels, panelSize, level)
        if let term { pack(term.b, transposeB, window, panels + firstSize, panelSize, level) }
        let target = c.rows(rows).columns(window)
        let result = lk_gemm_result(
          c: target.kernelRows, adds: adds, factor: factor,
          bias: bias.map { $0.base + start })
        lk_gemm_bf16(result, part(first), part(second), panels, rows.count, window.count, level)
      }
    }
  }

  /// Adds Xᵀ·Y to C, for two bfloat16 matrices of which one is narrow.
  ///
  /// The narrow one becomes the left operand, transposed, for its few rows; the wide one then needs no transposition.
  ///
  /// - Parameters:
  ///   - x: [T, M].
  ///   - y: [T, N].
  ///   - c: [M, N], float32.
  static func addTransposedProduct(_ x: Matrix, _ y: Matrix, to c: Matrix, pool: ThreadPool) {
    precondition(
      x.rows == y.rows && c.rows == x.columns && c.columns == y.columns && c.dtype == .float32,
      "[\(x.rows), \(x.columns)]ᵀ · [\(y.rows), \(y.columns)] to [\(c.rows), \(c.columns)]")
    let isLeftNarrow = x.columns <= y.columns
    let (narrow, wide) = isLeftNarrow ? (x, y) : (y, x)
    let (left, sums) = pool.productScratch.buffers(
      rows: narrow.columns, columns: narrow.rows, width: isLeftNarrow ? 0 : wide.columns)
    lk_transpose_bf16(
      left.halves, left.stride, narrow.halves, narrow.stride, narrow.rows, narrow.columns, kernelLevel)
    if isLeftNarrow {
      multiply(left, wide, transposeB: false, into: c, adds: true, pool: pool)
    } else {
      multiply(left, wide, transposeB: false, into: sums, pool: pool)
      lk_add_transposed_f32(c.base, c.stride, sums.base, sums.stride, sums.rows, sums.columns)
    }
  }

  private static let panelColumns = Int(LK_PANEL_COLUMNS)

  private static func operand(_ a: Matrix) -> lk_gemm_operand {
    lk_gemm_operand(base: a.halves, stride: a.stride, k: a.columns)
  }

  private static func pack(
    _ b: Matrix, _ transposeB: Bool, _ columns: Range<Int>, _ panels: UnsafeMutablePointer<UInt16>,
    _ panelSize: Int, _ level: lk_level
  ) {
    let part = transposeB ? b.rows(columns) : b.columns(columns)
    if transposeB {
      lk_pack_transposed_bf16(panels, panelSize, part.kernelRows, part.columns, part.rows, level)
    } else {
      lk_pack_bf16(panels, panelSize, part.kernelRows, part.rows, part.columns, level)
    }
  }

  private static func requireOperands(_ a: Matrix, _ b: Matrix, _ transposeB: Bool, _ c: Matrix) {
    precondition(
      a.dtype == .bfloat16 && a.rows == c.rows && (transposeB ? b.columns : b.rows) == a.columns
        && (transposeB ? b.rows : b.columns) == c.columns,
      "\(a.dtype) [\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)]\(transposeB ? "ᵀ" : "")"
        + " into [\(c.rows), \(c.columns)]")
  }

  /// The parts of C that are one task each: four for each thread where C is large enough, so that one that is held
  /// up is made good by the others. Columns are cut first, in whole panels: each part packs its own.
  private struct Grid {
    private let (rows, columns): (Int, Int)
    private let (rowParts, columnParts): (Int, Int)

    init(rows: Int, columns: Int, threads: Int) {
      let panels = (columns + panelColumns - 1) / panelColumns
      let wanted = threads == 1 ? 1 : 4 * threads
      (self.rows, self.columns) = (rows, columns)
      columnParts = min(panels, wanted)
      // Below a hundred rows, packing would cost more than a tenth of the product.
      rowParts = max(1, min(wanted / columnParts, rows / 112))
    }

    var count: Int { rowParts * columnParts }

    func tile(_ task: Int) -> (rows: Range<Int>, columns: Range<Int>) {
      let (row, column) = (task / columnParts, task % columnParts)
      let panels = (columns + panelColumns - 1) / panelColumns
      let end = (column + 1) * panels / columnParts * panelColumns
      return (
        row * rows / rowParts..<(row + 1) * rows / rowParts,
        column * panels / columnParts * panelColumns..<min(columns, end)
      )
    }
  }
}
