import CKernels

/// Sums element by element, and sums over rows.
public enum Elementwise {
  /// Copies x to y, of either type: bfloat16 is widened exactly, float32 rounded to nearest.
  public static func copy(_ x: Matrix, to y: Matrix, pool: ThreadPool) {
    requireSameShape(x, y, "copy")
    let level = kernelLevel
    pool.split(x.rows, cost: x.columns) { range in
      lk_copy(y.kernelRows(range), x.kernelRows(range), range.count, x.columns, level)
    }
  }

  /// Adds x to y, of either type: y += x, as on a residual branch. Its backward is itself: the gradient reaches both.
  public static func add(_ x: Matrix, to y: Matrix, pool: ThreadPool) {
    requireSameShape(x, y, "add")
    let level = kernelLevel
    pool.split(x.rows, cost: x.columns) { range in
      lk_add(y.kernelRows(range), x.kernelRows(range), range.count, x.columns, level)
    }
  }

  /// Adds the same bias, [columns], to each row of y.
  public static func addBias(_ bias: UnsafePointer<Float>, to y: Matrix, pool: ThreadPool) {
    let level = kernelLevel
    pool.split(y.rows, cost: y.columns) { range in
      lk_add_bias_f32(y.row(range.lowerBound), y.stride, bias, range.count, y.columns, level)
    }
  }

  /// The backward of `addBias`: dBias[j] += Σᵢ dy[i,j], each column summed by one task in the order of rows.
  public static func sumRows(
    _ dy: Matrix, addingTo dBias: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let level = kernelLevel
    pool.splitColumns(dy.columns, rows: dy.rows) { columns in
      lk_sum_rows_f32(
        dBias + columns.lowerBound, dy.base + columns.lowerBound, dy.stride, dy.rows, columns.count, level)
    }
  }
}
