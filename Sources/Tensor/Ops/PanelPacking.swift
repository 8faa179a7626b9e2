import CKernels

/// Packing of stored values for good, as products read them.
public enum PanelPacking {
  /// Packs rows into the format `bfloat16Panels`, rounded to bfloat16 where they are stored in more.
  ///
  /// - Parameters:
  ///   - bytes: [rows, columns], the stored values, of any alignment.
  ///   - result: `WeightMatrix.byteCount(rows: rows, columns: columns, .bfloat16Panels)` bytes, overwritten.
  public static func bfloat16(
    from bytes: UnsafeRawPointer, dtype: DType, rows: Int, columns: Int,
    into result: UnsafeMutableRawPointer, pool: ThreadPool
  ) {
    let (level, width) = (kernelLevel, PackedGEMM.panelColumns)
    let panelSize = WeightMatrix.rowBytes(columns: columns, .bfloat16Panels) / 2 * width
    let panels = result.assumingMemoryBound(to: UInt16.self)
    pool.split((rows + width - 1) / width, cost: width * columns) { range in
      func pack(_ base: UnsafeMutableRawPointer, _ type: lk_type, _ part: Range<Int>) {
        let source = lk_rows(base: base, stride: columns, type: type, scales: nil)
        lk_pack_transposed_bf16(
          panels + part.lowerBound / width * panelSize, panelSize, source, columns, part.count, level)
      }
      if dtype == .bfloat16 {
        let part = range.lowerBound * width..<min(rows, range.upperBound * width)
        let start = UnsafeMutableRawPointer(mutating: bytes + 2 * part.lowerBound * columns)
        return pack(start, LK_BF16, part)
      }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: width * columns) { wide in
        guard let wide = wide.baseAddress else { return }
        for panel in range {
          let part = panel * width..<min(rows, (panel + 1) * width)
          let source = bytes + part.lowerBound * columns * dtype.byteCount
          Conversion.widen(source, dtype, into: wide, count: part.count * columns, level)
          pack(wide, LK_F32, part)
        }
      }
    }
  }
}
