import CKernels

/// Rounding of stored values to eight bits.
public enum Quantization {
  /// Rounds each row to q8: of every 32 values to the nearest multiples of 1/127 of the largest among them.
  ///
  /// - Parameters:
  ///   - bytes: [rows, columns], the stored values, of any alignment.
  ///   - result: rows of `WeightMatrix.rowBytes(columns: columns, .q8)` bytes, overwritten.
  public static func q8(
    from bytes: UnsafeRawPointer, dtype: DType, rows: Int, columns: Int,
    into result: UnsafeMutableRawPointer, pool: ThreadPool
  ) {
    let rowBytes = WeightMatrix.rowBytes(columns: columns, .q8)
    let level = kernelLevel
    pool.split(rows, cost: columns) { range in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { wide in
        guard let wide = wide.baseAddress else { return }
        for row in range {
          Conversion.widen(bytes + row * columns * dtype.byteCount, dtype, into: wide, count: columns, level)
          lk_quantize_q8(result + row * rowBytes, wide, columns, level)
        }
      }
    }
  }

  /// Rounds to `q8Tiled`: of every 64 × 64 values to the nearest multiples of 1/127 of the largest among them.
  ///
  /// - Parameters:
  ///   - bytes: [rows, columns], the stored values, of any alignment.
  ///   - result: rows of `WeightMatrix.rowBytes(columns: columns, .q8Tiled)` bytes, overwritten.
  public static func q8Tiled(
    from bytes: UnsafeRawPointer, dtype: DType, rows: Int, columns: Int,
    into result: UnsafeMutableRawPointer, pool: ThreadPool
  ) {
    let rowBytes = WeightMatrix.rowBytes(columns: columns, .q8Tiled)
    let (level, tile) = (kernelLevel, Int(LK_Q8_GROUP))
    pool.split((rows + tile - 1) / tile, cost: tile * columns) { tiles in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: tile * columns) { wide in
        guard let wide = wide.baseAddress else { return }
        for first in stride(from: tiles.lowerBound * tile, to: min(rows, tiles.upperBound * tile), by: tile) {
          let count = min(tile, rows - first)
          Conversion.widen(
            bytes + first * columns * dtype.byteCount, dtype, into: wide, count: count * columns, level)
          lk_quantize_tiles_q8(result + first * rowBytes, rowBytes, wide, count, columns, level)
        }
      }
    }
  }
}
