import Testing

/// The shape of a row-wise kernel's problem.
struct KernelShape: Sendable, CustomTestStringConvertible {
  let rows, width: Int
  var count: Int { rows * width }
  var testDescription: String { "\(rows)x\(width)" }

  /// No rows; one element; below, at and past eight and sixteen lanes; a ragged tail; a real hidden size; more
  /// rows than one partial sum holds.
  static let all = [
    (0, 8), (1, 1), (2, 7), (3, 8), (3, 9), (2, 15), (2, 16), (2, 17), (5, 33), (2, 896), (131, 18),
  ].map { KernelShape(rows: $0.0, width: $0.1) }
}
