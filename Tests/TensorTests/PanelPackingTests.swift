import CKernels
import Testing

@testable import Tensor

@Suite("Panels packed for good") struct PanelPackingTests {
  /// Rows and columns of a matrix: one value; widths and heights below, at and past half a panel and one; odd ones.
  static let sizes = [(1, 1), (2, 15), (15, 2), (17, 33), (32, 32), (33, 64), (70, 161), (64, 31)]

  private static func panels(_ rows: Int, _ columns: Int) -> [UInt16] {
    // Whatever packing leaves unwritten shows as NaN.
    [UInt16](repeating: 0xffff, count: (columns + 31) / 32 * 32 * (rows + rows % 2))
  }

  @Test("are those that products pack, from values stored in any type", arguments: sizes, [1, 3])
  func stored(size: (rows: Int, columns: Int), threads: Int) {
    let (rows, columns) = size
    let pool = ThreadPool(threadCount: threads)
    let values = normalValues(rows * columns, seed: 1)
    for dtype in [DType.float32, .bfloat16, .float16] {
      var bytes = [UInt8](repeating: 0, count: dtype.byteCount * values.count)
      var wide = values
      bytes.withUnsafeMutableBytes {
        Conversion.narrow(values, to: dtype, into: $0.baseAddress!, count: values.count, pool: pool)
        Conversion.widen(from: $0.baseAddress!, dtype: dtype, into: &wide, count: values.count, pool: pool)
      }
      let source = GuardedMatrix(wide, rows: rows, columns: columns)
      var (expected, packed) = (Self.panels(columns, rows), Self.panels(columns, rows))
      lk_pack_transposed_bf16(
        &expected, (columns + columns % 2) * 32, source.rows, columns, rows, KernelLevel.scalar.code)
      PanelPacking.bfloat16(
        from: bytes, dtype: dtype, rows: rows, columns: columns, into: &packed, pool: pool)
      #expect(packed == expected, "\(dtype)")
    }
  }

  @Test(
    "give the panels of their transpose, whole or a window of it, at every level",
    arguments: KernelLevel.available, sizes)
  func transposed(level: KernelLevel, size: (rows: Int, columns: Int)) {
    let (rows, columns) = size
    let weights = HeldWeights(seed: 2, rows: rows, columns: columns, format: .bfloat16Panels)
    let values = GuardedMatrix(weights.doubles.map { Float($0) }, rows: rows, columns: columns)
    // Windows begin with a panel of either, and end with one or with the matrix.
    let cuts = { (count: Int) in [0..<count, 0..<min(32, count), min(32, count / 33 * 32)..<count] }
    for inner in cuts(rows) {
      for outer in cuts(columns) {
        let (k, n) = (inner.count, outer.count)
        let panelSize = (k + k % 2) * 32
        var (expected, packed) = (Self.panels(k, n), Self.panels(k, n))
        let window = values.matrix.rows(inner).columns(outer)
        lk_pack_bf16(&expected, panelSize, window.kernelRows, k, n, KernelLevel.scalar.code)
        lk_pack_panels_bf16(
          &packed, panelSize, weights.matrix.panels(inner, fromColumn: outer.lowerBound), k, n, level.code)
        #expect(packed == expected, "\(inner), \(outer)")
      }
    }
    withExtendedLifetime((weights, values)) {}
  }
}
