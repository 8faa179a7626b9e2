import COpenBLAS

/// Matrix products over OpenBLAS, cut into tasks for the thread pool.
public enum GEMM {
  /// The library's name, version and the kernels it chose for this processor.
  public static var libraryVersion: String { String(cString: openblas_get_config()) }

  /// Computes C = α·op(A)·op(B) + β·C, where op transposes where asked.
  ///
  /// β = 0 overwrites C whatever it held, NaN included. Every operand may be a window with a row stride.
  /// The product is cut by its shape alone, so the result does not depend on the number of threads.
  ///
  /// - Parameters:
  ///   - c: [M, N], overlapping neither input.
  ///   - a: [M, K], or [K, M] if `transposeA`.
  ///   - b: [K, N], or [N, K] if `transposeB`.
  public static func multiply(
    _ a: Matrix, transposeA: Bool = false, _ b: Matrix, transposeB: Bool = false, into c: Matrix,
    alpha: Float = 1, beta: Float = 0, pool: ThreadPool
  ) {
    let (m, n) = (c.rows, c.columns)
    let k = transposeA ? a.rows : a.columns
    precondition(
      (transposeA ? a.columns : a.rows) == m && (transposeB ? b.rows : b.columns) == n
        && (transposeB ? b.columns : b.rows) == k,
      "[\(a.rows), \(a.columns)]\(transposeA ? "ᵀ" : "") · [\(b.rows), \(b.columns)]\(transposeB ? "ᵀ" : "")"
        + " into [\(m), \(n)]")
    guard m > 0, n > 0 else { return }
    if m == 1, k > 0 {
      return vector(
        a.base, stride: transposeA ? a.stride : 1, b, transposeB: transposeB, into: c.base, alpha, beta, pool)
    }
    let grid = TaskGrid(m: m, n: n, k: k)
    pool.parallel(grid.count) { task in
      let (rows, columns) = grid.tile(task)
      single(
        transposeA ? a.columns(rows) : a.rows(rows), transposeA,
        transposeB ? b.rows(columns) : b.columns(columns), transposeB, c.rows(rows).columns(columns), k,
        alpha,
        beta)
    }
  }

  /// The same product on the calling thread, for operators that split the work themselves.
  @inline(__always)
  static func single(
    _ a: Matrix, _ transposeA: Bool, _ b: Matrix, _ transposeB: Bool, _ c: Matrix, _ k: Int, _ alpha: Float,
    _ beta: Float
  ) {
    // A stride of zero is invalid to BLAS even where nothing is read.
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      blasint(c.rows), blasint(c.columns), blasint(k), alpha, a.base, blasint(max(a.stride, 1)), b.base,
      blasint(max(b.stride, 1)), beta, c.base, blasint(max(c.stride, 1)))
  }

  /// The product of one row and a matrix, which reads every weight once and so runs at the speed of memory: a
  /// general product would pack the matrix first, and so read it twice and write it once.
  private static func vector(
    _ a: UnsafeMutablePointer<Float>, stride: Int, _ b: Matrix, transposeB: Bool,
    into c: UnsafeMutablePointer<Float>, _ alpha: Float, _ beta: Float, _ pool: ThreadPool
  ) {
    let n = transposeB ? b.rows : b.columns
    // A task is worth its start from about 64 Ki elements, which take some ten microseconds to read.
    let tasks = max(1, min(16, b.count / 65_536))
    let step = (n + tasks * 16 - 1) / (tasks * 16) * 16
    pool.parallel((n + step - 1) / step) { task in
      let part = task * step..<min(n, (task + 1) * step)
      let b = transposeB ? b.rows(part) : b.columns(part)
      // Some versions of the library scale a NaN by β = 0 instead of overwriting it.
      if beta == 0 { (c + part.lowerBound).update(repeating: 0, count: part.count) }
      cblas_sgemv(
        CblasRowMajor, transposeB ? CblasNoTrans : CblasTrans, blasint(b.rows), blasint(b.columns), alpha,
        b.base, blasint(max(b.stride, 1)), a, blasint(max(stride, 1)), beta, c + part.lowerBound, 1)
    }
  }

  /// The tiles of C that are one task each.
  ///
  /// Every task packs its rows of A and columns of B anew: for K·(tileRows + tileColumns) values packed it does
  /// 2·K·tileRows·tileColumns operations. So there are no more tasks than keep eight threads busy (sixteen for the
  /// largest products), each of at least four million operations, about forty microseconds, and they form the grid
  /// with the least 1 / tileRows + 1 / tileColumns.
  private struct TaskGrid {
    let count: Int
    private let (m, n): (Int, Int)
    private let (tileRows, tileColumns): (Int, Int)
    private let columnParts: Int

    init(m: Int, n: Int, k: Int) {
      let operations = 2 * Double(m) * Double(n) * Double(k)
      let limit = operations >= 4e9 ? 16.0 : 8.0
      var tasks = 1
      while Double(2 * tasks) <= min(limit, operations / 4e6) { tasks *= 2 }
      var best = (rows: m, columns: n, count: 1, cost: Double.infinity)
      var rowParts = 1
      while rowParts <= tasks {
        let rows = TaskGrid.tile(m, parts: rowParts)
        let columns = TaskGrid.tile(n, parts: tasks / rowParts)
        // A short side cannot be cut as often as asked for, so the most tiles come first.
        let count = ((m + rows - 1) / rows) * ((n + columns - 1) / columns)
        let cost = 1 / Double(rows) + 1 / Double(columns)
        if (-count, cost) < (-best.count, best.cost) { best = (rows, columns, count, cost) }
        rowParts *= 2
      }
      (self.m, self.n) = (m, n)
      (tileRows, tileColumns) = (best.rows, best.columns)
      columnParts = (n + best.columns - 1) / best.columns
      count = best.count
    }

    /// The rows and columns of a task.
    func tile(_ task: Int) -> (rows: Range<Int>, columns: Range<Int>) {
      let row = task / columnParts * tileRows
      let column = task % columnParts * tileColumns
      return (row..<min(m, row + tileRows), column..<min(n, column + tileColumns))
    }

    /// A tile's length: a multiple of 16, OpenBLAS's micro-kernel width, or all.
    private static func tile(_ length: Int, parts: Int) -> Int {
      min(length, ((length + parts - 1) / parts + 15) / 16 * 16)
    }
  }
}
