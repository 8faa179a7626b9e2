import CKernels
import Testing

@testable import Tensor

@Suite("Elementwise") struct ElementwiseTests {
  @Test("add rounds each sum once", arguments: KernelLevel.available, KernelShape.all)
  func add(level: KernelLevel, shape: KernelShape) {
    let x = GuardedMatrix(seed: 1, rows: shape.rows, columns: shape.width, gap: 2)
    let y = GuardedMatrix(seed: 2, rows: shape.rows, columns: shape.width)
    let expected = zip(y.values, x.values).map(+)
    lk_add(y.rows, x.rows, shape.rows, shape.width, level.code)
    expectSameBits(y.values, expected)
    #expect(x.guardsAreIntact && y.guardsAreIntact)
  }

  @Test("addBias adds the bias to each row", arguments: KernelLevel.available, KernelShape.all)
  func addBias(level: KernelLevel, shape: KernelShape) {
    let y = GuardedMatrix(seed: 2, rows: shape.rows, columns: shape.width)
    let bias = GuardedMatrix(seed: 3, rows: 1, columns: shape.width)
    let expected = y.values.enumerated().map { $1 + bias.values[$0 % shape.width] }
    lk_add_bias_f32(y.base, y.stride, bias.base, shape.rows, shape.width, level.code)
    expectSameBits(y.values, expected)
    #expect(bias.guardsAreIntact && y.guardsAreIntact)
  }

  @Test("sumRows adds each column's sum", arguments: KernelLevel.available, KernelShape.all)
  func sumRows(level: KernelLevel, shape: KernelShape) {
    let x = GuardedMatrix(seed: 1, rows: shape.rows, columns: shape.width)
    let sums = GuardedMatrix(seed: 2, rows: 1, columns: shape.width)
    let expected = zip(sums.doubles, Reference.sumRows(x.doubles, width: shape.width)).map(+)
    // Partial sums of 64 rows, then the sum of those and what was there.
    let magnitudes = Reference.sumRows(x.doubles.map(abs), width: shape.width)
    let bounds = zip(sums.doubles, magnitudes).map {
      (abs($0) + $1) * Double(64 + shape.rows / 64 + 1) * u
    }
    lk_sum_rows_f32(sums.base, x.base, x.stride, shape.rows, shape.width, level.code)
    expectClose(sums.values, expected, within: bounds)
    #expect(sums.guardsAreIntact && x.guardsAreIntact)
  }

  @Test("scattered rows add up in order", arguments: KernelLevel.available, KernelShape.all)
  func scatterAdd(level: KernelLevel, shape: KernelShape) {
    let x = GuardedMatrix(seed: 1, rows: shape.rows, columns: shape.width)
    let table = GuardedMatrix(seed: 2, rows: 4, columns: shape.width)
    let ids = (0..<shape.rows).map { Int32($0 * $0 % 3) }
    var expected = table.values
    for (row, id) in ids.enumerated() {
      for column in 0..<shape.width {
        expected[Int(id) * shape.width + column] += x.values[row * shape.width + column]
      }
    }
    lk_scatter_add_f32(
      table.base, table.stride, x.base, x.stride, ids + [0], shape.rows, shape.width, level.code)
    expectSameBits(table.values, expected)
    #expect(table.guardsAreIntact && x.guardsAreIntact)
  }

  @Test(
    "sumOfSquares is exact to Double's last places", arguments: KernelLevel.available,
    [0, 1, 15, 16, 17, 33, 100_003])
  func sumOfSquares(level: KernelLevel, count: Int) {
    let x = GuardedMatrix(seed: 4, rows: 1, columns: count)
    let expected = x.doubles.reduce(0) { $0 + $1 * $1 }
    // At most `count` additions of positive terms; each square is exact.
    let bound = expected * Double(count) * 0x1p-52
    let sum = lk_sum_of_squares_f32(x.base, count, level.code)
    #expect(abs(sum - expected) <= bound)
    #expect(sum == lk_sum_of_squares_f32(x.base, count, LK_SCALAR))
  }

  @Test("denormals are not flushed", arguments: KernelLevel.available)
  func denormals(level: KernelLevel) {
    let y = GuardedMatrix([0x1p-149, 0x1p-130, -0x1p-140, 0x1p-149], rows: 2, columns: 2)
    let x = GuardedMatrix([0x1p-149, 0x1p-131, 0x1p-149, 0], rows: 2, columns: 2)
    lk_add(y.rows, x.rows, 2, 2, level.code)
    #expect(y.values == [0x1p-148, 0x1.8p-130, -0x1p-140 + 0x1p-149, 0x1p-149])
  }
}
