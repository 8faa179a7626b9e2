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
    let tasks = taskCount(m: m, n: n, k: k)
    if m >= n {
      let step = tile(m, tasks)
      pool.parallel((m + step - 1) / step) { task in
        let rows = task * step..<min(m, (task + 1) * step)
        single(
          transposeA ? a.columns(rows) : a.rows(rows), transposeA, b, transposeB, c.rows(rows), k, alpha, beta
        )
      }
    } else {
      let step = tile(n, tasks)
      pool.parallel((n + step - 1) / step) { task in
        let columns = task * step..<min(n, (task + 1) * step)
        single(
          a, transposeA, transposeB ? b.rows(columns) : b.columns(columns), transposeB, c.columns(columns), k,
          alpha, beta)
      }
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

  /// How many tasks a product is worth: each at least four million floating-point operations, which is about
  /// forty microseconds, and at most sixteen.
  private static func taskCount(m: Int, n: Int, k: Int) -> Int {
    let operations = 2 * Double(m) * Double(n) * Double(k)
    return max(1, min(16, Int(operations / 4e6)))
  }

  /// The tile of the longer side: a multiple of 16, OpenBLAS's micro-kernel width, and no narrower than 128,
  /// under which packing the other operand again for every tile would cost more than a hundredth.
  private static func tile(_ length: Int, _ tasks: Int) -> Int {
    let even = (length + tasks - 1) / tasks
    return max(128, (even + 15) / 16 * 16)
  }
}
