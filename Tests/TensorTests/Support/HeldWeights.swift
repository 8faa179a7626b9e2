import Foundation

@testable import Tensor

/// Random weights in one of the formats, at an odd address where the format allows it.
final class HeldWeights {
  let matrix: WeightMatrix
  /// The values that the format holds, in order.
  let doubles: [Double]
  private let bytes: UnsafeMutableRawBufferPointer

  init(seed: UInt64, rows: Int, columns: Int, format: WeightMatrix.Format) {
    let values = normalValues(rows * columns, seed: seed)
    let byteCount = WeightMatrix.byteCount(rows: rows, columns: columns, format)
    bytes = .allocate(byteCount: byteCount + 1, alignment: 64)
    guard let start = bytes.baseAddress else { preconditionFailure("no memory") }
    switch format {
    case .float32:
      start.copyMemory(from: values, byteCount: 4 * values.count)
      matrix = WeightMatrix(start, rows: rows, columns: columns, format: format)
      doubles = values.map(Double.init)
    case .bfloat16:
      let pool = ThreadPool(threadCount: 1)
      Conversion.narrow(values, to: .bfloat16, into: start + 1, count: values.count, pool: pool)
      var wide = values
      Conversion.widen(from: start + 1, dtype: .bfloat16, into: &wide, count: values.count, pool: pool)
      matrix = WeightMatrix(start + 1, rows: rows, columns: columns, format: format)
      doubles = wide.map(Double.init)
    case .q8, .q8Tiled:
      let pool = ThreadPool(threadCount: 1)
      let quantize = format == .q8 ? Quantization.q8 : Quantization.q8Tiled
      quantize(values, .float32, rows, columns, start + 1, pool)
      matrix = WeightMatrix(start + 1, rows: rows, columns: columns, format: format)
      let wide = Storage(count: values.count)
      matrix.widen(into: wide.matrix(rows: rows, columns: columns))
      doubles = (0..<values.count).map { Double(wide.base[$0]) }
    case .bfloat16Panels:
      let pool = ThreadPool(threadCount: 1)
      PanelPacking.bfloat16(
        from: values, dtype: .float32, rows: rows, columns: columns, into: start, pool: pool)
      matrix = WeightMatrix(start, rows: rows, columns: columns, format: format)
      doubles = values.map { Double(Float(bitPattern: UInt32($0.bfloat16Bits) << 16)) }
    }
  }

  deinit { bytes.deallocate() }

  /// Runs `body` with what products with these weights take.
  func withScratch(dtype: DType, threadCount: Int, _ body: (Linear.Scratch, ThreadPool) -> Void) {
    let take = { Linear.Scratch([self.matrix], dtype: dtype, workspace: $0) }
    let plan = Workspace.planning()
    _ = take(plan)
    let workspace = Workspace(byteCount: plan.byteCount)
    withExtendedLifetime((workspace, self)) { body(take(workspace), ThreadPool(threadCount: threadCount)) }
  }
}
