import CKernels
import Testing

@testable import Tensor

/// Packing q8 is packing the values that it stands for.
@Suite("Packing of q8") struct PackedWeightsTests {
  /// A matrix, and the window of it that is packed, which begins with a block.
  struct Case: Sendable, CustomTestStringConvertible {
    let rows, columns: Int
    let window: (rows: Range<Int>, columns: Range<Int>)

    var testDescription: String { "\(window.rows), \(window.columns) of \(rows)x\(columns)" }
  }

  // One value; widths below, at and past a block, half of one and a group of two; windows from a later row and block
  // on, of one panel and of several, to the end of a block or of the row.
  static let cases = [
    (1, 1, 0..<1, 0..<1), (2, 15, 0..<2, 0..<15), (3, 17, 0..<3, 0..<17), (16, 32, 0..<16, 0..<32),
    (17, 33, 1..<17, 0..<33), (33, 64, 0..<33, 32..<64), (40, 100, 3..<40, 64..<100),
    (70, 161, 5..<69, 32..<128),
  ].map { Case(rows: $0.0, columns: $0.1, window: ($0.2, $0.3)) }

  @Test("gives the panels of its values at every level", arguments: KernelLevel.available, cases)
  func panels(level: KernelLevel, size: Case) {
    let weights = HeldWeights(seed: 1, rows: size.rows, columns: size.columns, format: .q8)
    let values = GuardedMatrix(weights.doubles.map { Float($0) }, rows: size.rows, columns: size.columns)
    let q8 = weights.matrix.kernelRows(size.window.rows, size.window.columns)
    let wide = values.matrix.rows(size.window.rows).columns(size.window.columns).kernelRows
    for transposes in [false, true] {
      let (k, n) = (
        transposes ? size.window.columns.count : size.window.rows.count,
        transposes ? size.window.rows.count : size.window.columns.count
      )
      let panels = (n + 31) / 32
      func single(_ rows: lk_rows, _ level: KernelLevel) -> [Float] {
        // Whatever packing leaves unwritten shows as NaN.
        var result = [Float](repeating: .nan, count: panels * 32 * k)
        (transposes ? lk_pack_transposed_f32 : lk_pack_f32)(&result, 32 * k, rows, k, n, level.code)
        return result
      }
      func half(_ rows: lk_rows, _ level: KernelLevel) -> [UInt16] {
        var result = [UInt16](repeating: 0xffff, count: panels * 32 * (k + k % 2))
        (transposes ? lk_pack_transposed_bf16 : lk_pack_bf16)(
          &result, 32 * (k + k % 2), rows, k, n, level.code)
        return result
      }
      expectSameBits(single(q8, level), single(wide, .scalar), "packed value")
      #expect(half(q8, level) == half(wide, .scalar))
    }
    withExtendedLifetime((weights, values)) {}
  }
}
