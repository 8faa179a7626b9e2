import CKernels

/// Root-mean-square normalisation (Zhang and Sennrich, 2019, arXiv:1910.07467), of matrices of either type.
public enum RMSNorm {
  /// Normalises each row: r = 1 / √(mean(x²) + ε), y = x·r ⊙ gain.
  ///
  /// - Parameters:
  ///   - x: [rows, C].
  ///   - gain: [C].
  ///   - y: [rows, C], overwritten; it may be x.
  ///   - rstd: [rows], receives r, which the backward calls read.
  ///   - kept: [rows, C], receives a copy of x, for them too; nil where none is wanted.
  public static func forward(
    _ x: Matrix, gain: UnsafePointer<Float>, epsilon: Float, into y: Matrix,
    rstd: UnsafeMutablePointer<Float>, keeping kept: Matrix? = nil, pool: ThreadPool
  ) {
    requireSameShape(x, y, "RMSNorm")
    if let kept { requireSameShape(x, kept, "RMSNorm") }
    let level = kernelLevel
    pool.split(x.rows, cost: x.columns) { range in
      let row = range.lowerBound
      lk_rmsnorm(
        y.kernelRows(range), rstd + row, kept?.kernelRows(range) ?? lk_rows(), x.kernelRows(range), gain,
        epsilon, range.count, x.columns, level)
    }
  }

  /// Makes y again from what a forward call kept: y = x·r ⊙ gain.
  ///
  /// - Parameters:
  ///   - x: [rows, C], the forward input.
  ///   - rstd: [rows], the r of each row.
  ///   - gain: [C].
  ///   - y: [rows, C], overwritten.
  public static func repeatForward(
    _ x: Matrix, rstd: UnsafePointer<Float>, gain: UnsafePointer<Float>, into y: Matrix, pool: ThreadPool
  ) {
    requireSameShape(x, y, "RMSNorm")
    let level = kernelLevel
    pool.split(x.rows, cost: x.columns) { range in
      lk_rmsnorm_apply(
        y.kernelRows(range), x.kernelRows(range), rstd + range.lowerBound, gain, range.count, x.columns, level
      )
    }
  }

  /// Adds the gradient with respect to the input. With h = dy ⊙ gain:
  ///
  ///     dx += r·h − x · (r³ / C) · Σ(h ⊙ x)
  ///
  /// - Parameters:
  ///   - dx: [rows, C], added to: the residual branch has already written here. Overlaps nothing else.
  ///   - copy: [rows, C], receives what dx then holds, in its own type; nil where nobody reads it.
  ///   - dy: [rows, C], the gradient with respect to the output.
  ///   - x: [rows, C], the forward input.
  ///   - rstd: [rows], the r of each row.
  ///   - gain: [C].
  public static func backward(
    addingTo dx: Matrix, copiedTo copy: Matrix? = nil, dy: Matrix, x: Matrix, rstd: UnsafePointer<Float>,
    gain: UnsafePointer<Float>, pool: ThreadPool
  ) {
    requireSameShape(dx, dy, "RMSNorm")
    if let copy { requireSameShape(dx, copy, "RMSNorm") }
    requireSameShape(dx, x, "RMSNorm")
    let level = kernelLevel
    pool.split(x.rows, cost: 2 * x.columns) { range in
      let row = range.lowerBound
      lk_rmsnorm_backward_add(
        dx.kernelRows(range), copy?.kernelRows(range) ?? lk_rows(), dy.kernelRows(range), x.kernelRows(range),
        rstd + row, gain, range.count, x.columns, level)
    }
  }

  /// The same gradient, overwriting dx, which may be dy: for norms of single heads, which no residual passes.
  public static func backward(
    into dx: Matrix, dy: Matrix, x: Matrix, rstd: UnsafePointer<Float>, gain: UnsafePointer<Float>,
    pool: ThreadPool
  ) {
    requireSameShape(dx, dy, "RMSNorm")
    requireSameShape(dx, x, "RMSNorm")
    let level = kernelLevel
    pool.split(x.rows, cost: 2 * x.columns) { range in
      let row = range.lowerBound
      lk_rmsnorm_backward(
        dx.kernelRows(range), dy.kernelRows(range), x.kernelRows(range), rstd + row, gain, range.count,
        x.columns, level)
    }
  }

  /// Adds the gradient with respect to the gain: dGain[j] += Σᵢ dy[i,j]·x[i,j]·r[i].
  ///
  /// Each column is summed by one task, in partial sums of 64 rows.
  public static func gainGradient(
    addingTo dGain: UnsafeMutablePointer<Float>, dy: Matrix, x: Matrix, rstd: UnsafePointer<Float>,
    pool: ThreadPool
  ) {
    requireSameShape(dy, x, "RMSNorm")
    let level = kernelLevel
    pool.splitColumns(x.columns, rows: 2 * x.rows) { columns in
      let first = columns.lowerBound
      lk_rmsnorm_gain_gradient_f32(
        dGain + first, dy.base + first, dy.stride, x.base + first, x.stride, rstd, x.rows, columns.count,
        level)
    }
  }
}
