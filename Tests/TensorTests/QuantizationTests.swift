import CKernels
import Testing

@testable import Tensor

@Suite("Quantization") struct QuantizationTests {
  /// Rows of q8 as the kernel of a level writes them, and the values that they stand for.
  private func quantize(_ x: [Float], _ level: KernelLevel) -> (bytes: [UInt8], values: [Float]) {
    let count = WeightMatrix.rowBytes(columns: x.count, .q8)
    var bytes = [UInt8](repeating: 0xa5, count: count + 1)
    lk_quantize_q8(&bytes, x, x.count, level.code)
    #expect(bytes[count] == 0xa5)
    let wide = GuardedMatrix(seed: 1, rows: 1, columns: x.count)
    lk_widen_q8(wide.base, bytes, x.count, level.code)
    #expect(wide.guardsAreIntact)
    return (bytes, wide.values)
  }

  @Test("A value moves by at most half a step of its block", arguments: [1, 16, 31, 32, 33, 64, 100, 577])
  func error(width: Int) {
    // Blocks of very different sizes, the smallest near the end of float32's range.
    let x = normalValues(width, seed: UInt64(width)).enumerated().map { index, value in
      [1, 1e-30, 1e20, 1e-4][index / 32 % 4] * value
    }
    let results = KernelLevel.available.map { quantize(x, $0) }
    for result in results { #expect(result.bytes == results[0].bytes) }
    for result in results { expectSameBits(result.values, results[0].values) }
    let bounds = x.indices.map { index in
      let block = x[index / 32 * 32..<min(width, index / 32 * 32 + 32)]
      // The scale is max / 127 rounded up to eight bits, by at most 2⁻⁷ of it; then half a step, and its own rounding.
      return Double(block.map(abs).max() ?? 0) / 127 * (1 + 0x1p-7) * (0.5 + 256 * u)
    }
    expectClose(results[0].values, x.map(Double.init), within: bounds)
  }

  // A NaN of each sign, and those of the fewest and the most bits.
  static let broken: [Float] =
    [.infinity, -.infinity]
    + [0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0x7fff_ffff].map { Float(bitPattern: $0) }

  @Test(
    "A block with a value that is not finite stands for none that is", arguments: broken, [0, 31, 33, 70])
  func notFinite(value: Float, place: Int) {
    var x = normalValues(100, seed: 5)
    let others = quantize(x, .scalar).values
    x[place] = value
    for level in KernelLevel.available {
      let values = quantize(x, level).values
      for index in x.indices {
        if index / 32 == place / 32 {
          #expect(values[index].isNaN)
        } else {
          #expect(values[index] == others[index])
        }
      }
      let rowBytes = WeightMatrix.rowBytes(columns: 50, .q8Tiled)
      var tiles = [UInt8](repeating: 0, count: 2 * rowBytes)
      lk_quantize_tiles_q8(&tiles, rowBytes, x, 2, 50, level.code)
      for row in 0..<2 {
        var wide = [Float](repeating: 0, count: 50)
        lk_widen_q8(&wide, Array(tiles[row * rowBytes..<(row + 1) * rowBytes]), 50, level.code)
        #expect(wide.allSatisfy { $0.isNaN })
      }
    }
  }

  @Test("Zeros stay zeros, padding stands for zero, and the largest value of a block is kept")
  func extremes() {
    let zeros = quantize([Float](repeating: 0, count: 40), .scalar)
    #expect(zeros.values.allSatisfy { $0 == 0 })
    #expect(zeros.bytes.prefix(64).allSatisfy { $0 == 128 })
    // 127 · 2⁻³ is a multiple of a power of two, which every scale can be.
    let x: [Float] = [127, -127, 64, 1, 0.5].map { $0 / 8 }
    #expect(quantize(x, .scalar).values == [127, -127, 64, 1, 0].map { $0 / 8 })
  }

  @Test(
    "In tiles a value moves by at most half a step of its 64 × 64, whose scales are one",
    arguments: [(1, 1), (63, 65), (64, 64), (65, 200)])
  func tiles(rows: Int, columns: Int) {
    let x = normalValues(rows * columns, seed: 3).enumerated().map { index, value in
      [1, 1e-20, 1e20][index % columns / 64 % 3] * value
    }
    let rowBytes = WeightMatrix.rowBytes(columns: columns, .q8Tiled)
    func quantize(_ level: KernelLevel) -> [UInt8] {
      var bytes = [UInt8](repeating: 0xa5, count: rows * rowBytes)
      bytes.withUnsafeMutableBytes { bytes in
        for first in stride(from: 0, to: rows, by: 64) {
          let part = Array(x[first * columns..<min(rows, first + 64) * columns])
          lk_quantize_tiles_q8(
            bytes.baseAddress! + first * rowBytes, rowBytes, part, part.count / columns, columns, level.code)
        }
      }
      return bytes
    }
    let expected = quantize(.scalar)
    for level in KernelLevel.available { #expect(quantize(level) == expected) }
    let wide = GuardedMatrix(seed: 1, rows: rows, columns: columns)
    expected.withUnsafeBytes {
      WeightMatrix($0.baseAddress!, rows: rows, columns: columns, format: .q8Tiled).widen(into: wide.matrix)
    }
    let bounds = x.indices.map { index in
      let (row, column) = (index / columns / 64 * 64, index % columns / 64 * 64)
      var peak: Float = 0
      for i in row..<min(rows, row + 64) {
        for j in column..<min(columns, column + 64) { peak = max(peak, abs(x[i * columns + j])) }
      }
      // As for a block of 32.
      return Double(peak) / 127 * (1 + 0x1p-7) * (0.5 + 256 * u)
    }
    expectClose(wide.values, x.map(Double.init), within: bounds)
    let padded = rowBytes / 17 * 16
    for row in 0..<rows {
      for block in 0..<(padded / 32) {
        let scale = { (row: Int, block: Int) in
          expected[row * rowBytes + padded + 2 * block..<row * rowBytes + padded + 2 * block + 2]
        }
        #expect(scale(row, block).elementsEqual(scale(row / 64 * 64, block / 2 * 2)))
      }
    }
  }
}
