import Tensor
import Testing

/// Deterministic values for a test.
func values(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
  var random = RandomSource(seed: seed, stream: "test")
  return (0..<count).map { _ in random.normal() * scale }
}

/// A matrix in the middle of guard values: an odd offset makes it unaligned, and a gap between its rows and
/// the guards at both ends must be found as they were.
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

  convenience init(filling value: Float, rows: Int, columns: Int, gap: Int = 3, offset: Int = 5) {
    self.init(
      [Float](repeating: value, count: rows * columns), rows: rows, columns: columns, gap: gap, offset: offset
    )
  }

  /// The elements in order.
  var values: [Float] {
    (0..<matrix.rows).flatMap { row in (0..<matrix.columns).map { matrix.row(row)[$0] } }
  }

  /// Whether every guard value is untouched.
  var guardsAreIntact: Bool {
    (0..<storage.count).allSatisfy { index in
      let (row, column) = (index - offset).quotientAndRemainder(dividingBy: max(matrix.stride, 1))
      let isInside = index >= offset && row < matrix.rows && column < matrix.columns
      return isInside || storage.base[index] == GuardedMatrix.guardValue
    }
  }
}

extension [Float] {
  var doubles: [Double] { map(Double.init) }
}

/// Expects |actual − expected| ≤ bound for every element; NaN fails.
func expectClose(
  _ actual: [Float], _ expected: [Double], within bounds: [Double], _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count && bounds.count == expected.count, sourceLocation: sourceLocation)
  for index in actual.indices {
    let difference = abs(Double(actual[index]) - expected[index])
    guard difference <= bounds[index] else {
      Issue.record(
        "\(what)[\(index)]: \(actual[index]) against \(expected[index]), off by \(difference), bound \(bounds[index])",
        sourceLocation: sourceLocation)
      return
    }
  }
}
