import CKernels
import Tensor

/// A matrix in the middle of guard values: an odd offset makes it unaligned, its rows lie apart, and what is
/// between and around them must be found as it was.
final class GuardedMatrix {
  static let guardValue: Float = -12345.678
  let matrix: Matrix
  private let storage: Storage
  private let offset: Int

  init(_ values: [Float], rows: Int, columns: Int, gap: Int = 3, offset: Int = 5) {
    let stride = columns + gap
    self.offset = offset
    storage = Storage(count: rows * stride + 2 * offset + 16)
    storage.base.update(repeating: GuardedMatrix.guardValue, count: storage.count)
    matrix = Matrix(storage.base + offset, rows: rows, columns: columns, stride: stride)
    for row in 0..<rows {
      for column in 0..<columns { matrix.row(row)[column] = values[row * columns + column] }
    }
  }

  /// One row, for vectors such as a gain.
  convenience init(row values: [Float]) { self.init(values, rows: 1, columns: values.count) }

  /// Random values, another set for each seed.
  convenience init(seed: UInt64, rows: Int, columns: Int, scale: Float = 1, gap: Int = 3) {
    self.init(
      normalValues(rows * columns, seed: seed, scale: scale), rows: rows, columns: columns, gap: gap)
  }

  /// Where the values start.
  var base: UnsafeMutablePointer<Float> { matrix.base }
  var rows: lk_rows { matrix.kernelRows }
  var stride: Int { matrix.stride }

  /// The elements in order.
  var values: [Float] {
    (0..<matrix.rows).flatMap { UnsafeBufferPointer(start: matrix.row($0), count: matrix.columns) }
  }
  var doubles: [Double] { values.map(Double.init) }

  /// Whether every guard value is untouched.
  var guardsAreIntact: Bool {
    (0..<storage.count).allSatisfy { index in
      let (row, column) = (index - offset).quotientAndRemainder(dividingBy: max(matrix.stride, 1))
      let isInside = index >= offset && row < matrix.rows && column < matrix.columns
      return isInside || storage.base[index] == GuardedMatrix.guardValue
    }
  }
}

/// Deterministic normal values, another set for each seed.
func normalValues(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
  var random = RandomSource(seed: seed, stream: "test")
  return (0..<count).map { _ in random.normal() * scale }
}
