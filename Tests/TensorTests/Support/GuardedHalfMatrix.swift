import CKernels
import Tensor

/// A bfloat16 matrix in the middle of guard values, as `GuardedMatrix` is one of float32.
final class GuardedHalfMatrix {
  private static let guardBits: UInt16 = 0xdead
  let matrix: Matrix
  private let storage: Storage
  private let offset = 5

  /// The values rounded to the nearest, ties to even.
  init(_ values: [Float], rows: Int, columns: Int, gap: Int = 3) {
    let stride = columns + gap
    storage = Storage(count: (rows * stride + 2 * offset + 33) / 2)
    let elements = UnsafeMutableRawPointer(storage.base).bindMemory(
      to: UInt16.self, capacity: 2 * storage.count)
    elements.update(repeating: Self.guardBits, count: 2 * storage.count)
    matrix = Matrix(elements + offset, .bfloat16, rows: rows, columns: columns, stride: stride)
    for (index, value) in values.enumerated() {
      elements[offset + index / columns * stride + index % columns] = value.bfloat16Bits
    }
  }

  convenience init(_ source: GuardedMatrix, gap: Int = 3) {
    self.init(source.values, rows: source.matrix.rows, columns: source.matrix.columns, gap: gap)
  }

  /// Values that every writer must replace.
  convenience init(rows: Int, columns: Int, gap: Int = 3) {
    self.init([Float](repeating: .nan, count: rows * columns), rows: rows, columns: columns, gap: gap)
  }

  /// Random values, another set for each seed.
  convenience init(seed: UInt64, rows: Int, columns: Int, gap: Int = 3) {
    self.init(normalValues(rows * columns, seed: seed), rows: rows, columns: columns, gap: gap)
  }

  var rows: lk_rows { matrix.kernelRows }

  private var elements: UnsafeBufferPointer<UInt16> {
    UnsafeBufferPointer(
      start: UnsafeRawPointer(storage.base).assumingMemoryBound(to: UInt16.self), count: 2 * storage.count)
  }

  /// The elements in order.
  var values: [Float] {
    (0..<matrix.rows).flatMap { row in
      (0..<matrix.columns).map {
        Float(bitPattern: UInt32(elements[offset + row * matrix.stride + $0]) << 16)
      }
    }
  }
  var doubles: [Double] { values.map(Double.init) }

  /// Whether every guard value is untouched.
  var guardsAreIntact: Bool {
    elements.indices.allSatisfy { index in
      let (row, column) = (index - offset).quotientAndRemainder(dividingBy: max(matrix.stride, 1))
      let isInside = index >= offset && row < matrix.rows && column < matrix.columns
      return isInside || elements[index] == Self.guardBits
    }
  }
}

/// The relative error of rounding to bfloat16: half of its last place at 1.
let halfUnit = 0x1p-8

extension Float {
  /// The bits of the nearest bfloat16 value, ties to even.
  var bfloat16Bits: UInt16 {
    guard !isNaN else { return 0x7fc0 }
    return UInt16((bitPattern + 0x7fff + (bitPattern >> 16 & 1)) >> 16)
  }
}
