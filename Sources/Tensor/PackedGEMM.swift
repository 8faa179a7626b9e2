import CKernels

/// Matrix products with float32 sums in the type of the left operand, over this package's own kernels.
///
/// The right operand is packed as it is used, a few panels at a time into a core's second-level cache, straight from
/// wherever it lies: that makes a second copy of the weights, for this direction or the other, unnecessary. Weights in
/// `bfloat16Panels` are read where they lie in the direction that they are packed for. Every element is summed over the
/// inner dimension in order, in parts cut by its length alone, so no result depends on how the work was cut.
enum PackedGEMM {
  /// Whether there is a fast kernel for float32: one for registers of 512 bits.
  static var isFastInFloat32: Bool { kernelLevel.rawValue >= LK_AVX512.rawValue }

  /// Computes C = factor·(A·op(B) + A₂·op(B₂)) + bias, added to what C holds where `adds`.
  ///
  /// - Parameters:
  ///   - a: [M, K]; A₂ is of the same type.
  ///   - b: [K, N], or [N, K] if `transposeB`; in any format, rounded or widened to the type of `a` as it is packed.
  ///   - c: [M, N], overlapping no operand; float32, or of either type beside a bfloat16 `a`.
  ///   - bias: [1, N], float32.
  static func multiply(
    _ a: Matrix, _ b: WeightMatrix, transposeB: Bool, plus term: MatrixProduct.Term? = nil, into c: Matrix,
    adds: Bool = false, factor: Float = 1, bias: Matrix? = nil, pool: ThreadPool
  ) {
    requireOperands(a, b, transposeB, c)
    if let term {
      requireOperands(term.a, WeightMatrix(term.b), transposeB, c)
      precondition(term.a.dtype == a.dtype, "\(a.dtype) plus \(term.a.dtype)")
    }
    guard c.count > 0 else { return }
    let level = kernelLevel
    // Float32 sums can wait in C, so that the panels of a long inner dimension are cut into parts, each of which serves
    // as many columns as fit the cache before the rows of A are read on.
    let depth =
      c.dtype == .float32 && panelSize(a.columns, a.dtype) * a.dtype.byteCount > longestPanelBytes
      ? cutPanelBytes / (a.dtype.byteCount * panelColumns) : max(a.columns, 1)
    let termSize = term.map { panelSize($0.a.columns, a.dtype) } ?? 0
    let wholeSize = panelSize(min(a.columns, depth), a.dtype) + termSize
    let windowColumns = max(1, cachedBytes / max(1, a.dtype.byteCount * wholeSize)) * panelColumns
    let grid = ProductGrid(rows: c.rows, columns: c.columns, threads: pool.threadCount)
    let isPacked = transposeB && b.format == .bfloat16Panels
    pool.parallel(grid.count) { task, worker in
      let (rows, columns) = grid.tile(task)
      let panels = pool.productScratch.panels(
        worker, count: windowColumns / panelColumns * wholeSize, a.dtype)
      for first in stride(from: 0, to: max(a.columns, 1), by: depth) {
        let inner = first..<min(a.columns, first + depth)
        let isFirst = first == 0
        let part = panelSize(inner.count, a.dtype)
        let size = part + (isFirst ? termSize : 0)
        let (left, second) = (
          operand(a.rows(rows).columns(inner)), operand(isFirst ? term?.a.rows(rows) : nil)
        )
        for start in stride(from: columns.lowerBound, to: columns.upperBound, by: windowColumns) {
          let window = start..<min(columns.upperBound, start + windowColumns)
          if !isPacked { pack(b, transposeB, inner, window, panels, size, level) }
          if isFirst, let term {
            let inner = 0..<term.a.columns
            pack(WeightMatrix(term.b), transposeB, inner, window, panels.elements(from: part), size, level)
          }
          let result = lk_gemm_result(
            c: c.rows(rows).columns(window).kernelRows, adds: adds || !isFirst, factor: factor,
            bias: isFirst ? bias.map { UnsafePointer($0.base + start) } : nil)
          switch panels {
          case .float32(let panels):
            lk_gemm_f32(result, left, second, panels, rows.count, window.count, level)
          case .bfloat16(let panels):
            let right =
              isPacked ? b.panels(window, fromColumn: first) : lk_panels(base: panels, stride: size)
            lk_gemm_bf16(
              result, left, right, second, lk_panels(base: panels + part, stride: size), rows.count,
              window.count, level)
          }
        }
      }
    }
  }

  /// Adds Xᵀ·Y to C, for two matrices of one type of which one is narrow.
  ///
  /// The narrow one becomes the left operand, transposed, for its few rows; the wide one then needs no transposition.
  /// What the scratch memory does not hold at once is added in parts, cut by shape alone.
  ///
  /// - Parameters:
  ///   - x: [T, M].
  ///   - y: [T, N].
  ///   - c: [M, N], float32.
  static func addTransposedProduct(_ x: Matrix, _ y: Matrix, to c: Matrix, pool: ThreadPool) {
    precondition(
      x.dtype == y.dtype && x.rows == y.rows && c.rows == x.columns && c.columns == y.columns
        && c.dtype == .float32,
      "[\(x.rows), \(x.columns)]ᵀ · [\(y.rows), \(y.columns)] to [\(c.rows), \(c.columns)]")
    guard c.count > 0 else { return }
    let isLeftNarrow = x.columns <= y.columns
    let (narrow, wide) = isLeftNarrow ? (x, y) : (y, x)
    // The sums of a narrow Y come out transposed and wait in a buffer.
    let (depth, width) = pool.productScratch.largestBuffers(
      rows: narrow.columns, columns: x.rows, x.dtype, width: isLeftNarrow ? 0 : wide.columns)
    for first in stride(from: 0, to: x.rows, by: max(1, depth)) {
      let tokens = first..<min(x.rows, first + depth)
      let (left, buffer) = pool.productScratch.buffers(
        rows: narrow.columns, columns: tokens.count, x.dtype, width: width)
      transpose(narrow.rows(tokens), into: left)
      let right = wide.rows(tokens)
      if isLeftNarrow {
        multiplyUnpacked(left, right, into: c, adds: true, pool: pool)
        continue
      }
      for start in stride(from: 0, to: wide.columns, by: width) {
        let columns = start..<min(wide.columns, start + width)
        let sums = buffer.columns(0..<columns.count)
        multiplyUnpacked(left, right.columns(columns), into: sums, adds: false, pool: pool)
        lk_add_transposed_f32(c.row(start), c.stride, sums.base, sums.stride, sums.rows, sums.columns)
      }
    }
  }

  private static func transpose(_ x: Matrix, into y: Matrix) {
    if x.dtype == .float32 {
      lk_transpose_f32(y.base, y.stride, x.base, x.stride, x.rows, x.columns, kernelLevel)
    } else {
      lk_transpose_bf16(y.bfloat16Base, y.stride, x.bfloat16Base, x.stride, x.rows, x.columns, kernelLevel)
    }
  }

  /// Computes C = A·B, or adds it to C, for few rows of A, reading B where it lies.
  private static func multiplyUnpacked(
    _ a: Matrix, _ b: Matrix, into c: Matrix, adds: Bool, pool: ThreadPool
  ) {
    let level = kernelLevel
    let grid = ProductGrid(rows: 1, columns: b.columns, threads: pool.threadCount)
    pool.parallel(grid.count) { task in
      let columns = grid.tile(task).columns
      let result = lk_gemm_result(c: c.columns(columns).kernelRows, adds: adds, factor: 1, bias: nil)
      let right = b.columns(columns).kernelRows
      if a.dtype == .float32 {
        lk_gemm_unpacked_f32(result, operand(a), right, a.rows, columns.count, level)
      } else {
        lk_gemm_unpacked_bf16(result, operand(a), right, a.rows, columns.count, level)
      }
    }
  }

  static let panelColumns = Int(LK_PANEL_COLUMNS)
  /// Three eighths of a second-level cache of one megabyte: the rest is for the rows of A and C passing through.
  static let cachedBytes = 384 << 10
  /// The longest panel takes two thirds of that: an inner dimension of 2,048 in float32, of 4,096 in bfloat16.
  static let longestPanelBytes = 256 << 10

  /// What a longer one is cut into.
  private static let cutPanelBytes = 128 << 10

  /// The elements of one panel with an inner dimension of `k`, which bfloat16 fills up to pairs.
  private static func panelSize(_ k: Int, _ dtype: DType) -> Int {
    (dtype == .bfloat16 ? k + k % 2 : k) * panelColumns
  }

  static func operand(_ a: Matrix?) -> lk_gemm_operand {
    lk_gemm_operand(base: a?.address, stride: a?.stride ?? 0, k: a?.columns ?? 0)
  }

  /// Packs the given part of the inner dimension and columns of op(B). Both begin with a whole panel or depth, and so
  /// with a block of q8 and a panel of `bfloat16Panels`.
  static func pack(
    _ b: WeightMatrix, _ transposeB: Bool, _ inner: Range<Int>, _ columns: Range<Int>,
    _ panels: ProductScratch.Panels, _ panelSize: Int, _ level: lk_level
  ) {
    let (k, n) = (inner.count, columns.count)
    if case .bfloat16(let panels) = panels, b.format == .bfloat16Panels {
      precondition(!transposeB, "panels packed as they are")
      let source = b.panels(inner, fromColumn: columns.lowerBound)
      return lk_pack_panels_bf16(panels, panelSize, source, k, n, level)
    }
    let rows = transposeB ? b.kernelRows(columns, inner) : b.kernelRows(inner, columns)
    switch (panels, transposeB) {
    case (.float32(let panels), false): lk_pack_f32(panels, panelSize, rows, k, n, level)
    case (.float32(let panels), true): lk_pack_transposed_f32(panels, panelSize, rows, k, n, level)
    case (.bfloat16(let panels), false): lk_pack_bf16(panels, panelSize, rows, k, n, level)
    case (.bfloat16(let panels), true): lk_pack_transposed_bf16(panels, panelSize, rows, k, n, level)
    }
  }

  static func requireOperands(_ a: Matrix, _ b: WeightMatrix, _ transposeB: Bool, _ c: Matrix) {
    precondition(
      (a.dtype == .bfloat16 || c.dtype == .float32) && a.rows == c.rows
        && (transposeB ? b.columns : b.rows) == a.columns
        && (transposeB ? b.rows : b.columns) == c.columns,
      "\(a.dtype) [\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)]\(transposeB ? "ᵀ" : "")"
        + " into [\(c.rows), \(c.columns)]")
  }
}
