import CKernels
import Testing

@testable import Tensor

@Suite("IntegerGEMM") struct IntegerGEMMTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let m, n, k, r: Int
    var testDescription: String { "\(m)x\(n)x\(k)+\(r)" }
  }

  // Single elements; one value less and one more than a group of the inner dimension, than a tile's rows, than a panel's
  // columns and half of them; several panels, tiles and tasks; an inner dimension that is cut in two.
  static let cases = [
    (1, 1, 1, 0), (3, 5, 7, 1), (6, 31, 63, 2), (8, 33, 64, 3), (15, 16, 65, 8), (29, 97, 200, 0),
    (250, 300, 70, 4), (5, 33, 7500, 1), (2, 3, 0, 2),
  ].map { Case(m: $0.0, n: $0.1, k: $0.2, r: $0.3) }

  /// The values that stand for those of a row-major matrix in a product: each 64 of a row as multiples of 1/127 of the
  /// largest among them.
  private static func rounded(_ x: [Float], columns: Int) -> [Double] {
    var result: [Double] = []
    for row in stride(from: 0, to: x.count, by: max(columns, 1)) {
      for group in stride(from: row, to: row + columns, by: 64) {
        let values = x[group..<min(group + 64, row + columns)]
        let peak = values.map(abs).max() ?? 0
        let scale = peak * (1 / 127)
        result += values.map { Double(($0 * (127 / peak)).rounded(.toNearestOrEven)) * Double(scale) }
      }
    }
    return result
  }

  /// Operands of a product with everything, the left one of either type.
  private struct Problem {
    let size: Case
    let transposeB: Bool
    let halves, halves2: GuardedHalfMatrix
    let a, a2: GuardedMatrix
    let b: HeldWeights
    /// Values that bfloat16 holds, so that rounding them changes nothing.
    let b2: GuardedMatrix
    let bias: GuardedMatrix

    init(_ size: Case, transposeB: Bool) {
      (self.size, self.transposeB) = (size, transposeB)
      func shape(_ k: Int) -> (rows: Int, columns: Int) { transposeB ? (size.n, k) : (k, size.n) }
      halves = GuardedHalfMatrix(seed: 1, rows: size.m, columns: size.k)
      halves2 = GuardedHalfMatrix(seed: 2, rows: size.m, columns: size.r, gap: 0)
      a = GuardedMatrix(halves.values, rows: size.m, columns: size.k)
      a2 = GuardedMatrix(halves2.values, rows: size.m, columns: size.r)
      b = HeldWeights(
        seed: 3, rows: shape(size.k).rows, columns: shape(size.k).columns, format: .q8Tiled)
      let exact = GuardedHalfMatrix(seed: 4, rows: shape(size.r).rows, columns: shape(size.r).columns)
      b2 = GuardedMatrix(exact.values, rows: shape(size.r).rows, columns: shape(size.r).columns)
      bias = GuardedMatrix(seed: 5, rows: 1, columns: size.n)
    }

    func run(_ dtype: DType, into c: Matrix, threads: Int) {
      let isHalf = dtype == .bfloat16
      MatrixProduct.multiply(
        isHalf ? halves.matrix : a.matrix, b.matrix, transposeB: transposeB,
        plus: MatrixProduct.Term(isHalf ? halves2.matrix : a2.matrix, b2.matrix), into: c, adds: true,
        bias: bias.matrix, pool: ThreadPool(threadCount: threads))
    }

    /// The sums in double precision, and the sums of their magnitudes.
    func expected(before: [Double]) -> (sums: [Double], magnitudes: [Double]) {
      func product(_ map: (Double) -> Double) -> [Double] {
        let (m, n) = (size.m, size.n)
        let first = Reference.product(
          IntegerGEMMTests.rounded(a.values, columns: size.k).map(map), transposeA: false,
          b.doubles.map(map), transposeB: transposeB, m: m, n: n, k: size.k)
        let second = Reference.product(
          a2.doubles.map(map), transposeA: false, b2.doubles.map(map), transposeB: transposeB, m: m, n: n,
          k: size.r)
        return first.indices.map { first[$0] + second[$0] + map(bias.doubles[$0 % n]) + map(before[$0]) }
      }
      return (product { $0 }, product(abs))
    }
  }

  @Test(
    "products are those of the rounded values, for either type, transpose and number of threads",
    arguments: cases)
  func agreesWithReference(_ size: Case) {
    // Integer sums are exact. A group's takes two roundings by its scales and one in the sum over groups; the second
    // product at most two a pair and its sum; then the bias and what C held.
    let roundings = Double((size.k + 63) / 64 + 2 + 2 * size.r + 5)
    for transposeB in [false, true] {
      let problem = Problem(size, transposeB: transposeB)
      for dtype in [DType.float32, .bfloat16] {
        let c = GuardedMatrix(seed: 6, rows: size.m, columns: size.n)
        let (sums, magnitudes) = problem.expected(before: c.doubles)
        problem.run(dtype, into: c.matrix, threads: 2)
        expectClose(c.values, sums, within: magnitudes.map { $0 * roundings * u }, "\(dtype) \(transposeB)")
        #expect(c.guardsAreIntact)
        let alone = GuardedMatrix(seed: 6, rows: size.m, columns: size.n)
        problem.run(dtype, into: alone.matrix, threads: 1)
        expectSameBits(alone.values, c.values)
      }
      let half = GuardedHalfMatrix(seed: 6, rows: size.m, columns: size.n)
      let (sums, magnitudes) = problem.expected(before: half.doubles)
      problem.run(.bfloat16, into: half.matrix, threads: 3)
      expectClose(
        half.values, sums,
        within: zip(sums, magnitudes).map { abs($0) * halfUnit + $1 * roundings * u })
      #expect(half.guardsAreIntact)
    }
  }

  @Test("every level's kernels give the same bits", arguments: KernelLevel.available, cases)
  func levels(level: KernelLevel, size: Case) {
    for transposeB in [false, true] {
      let problem = Problem(size, transposeB: transposeB)
      func run(_ level: KernelLevel) -> [Float] {
        let groups = (size.k + 63) / 64
        // Whatever the kernels leave unwritten would show.
        var values = [UInt8](repeating: 0xa5, count: max(1, size.m * groups * 64))
        var scales = [Float](repeating: .nan, count: max(1, size.m * groups))
        let panelBytes = lk_q8_scale_bytes(groups) + groups * MemoryLayout<lk_q8_block>.stride
        let panels = UnsafeMutableRawBufferPointer.allocate(
          byteCount: (size.n + 31) / 32 * panelBytes + 1, alignment: 64)
        defer { panels.deallocate() }
        panels.initializeMemory(as: UInt8.self, repeating: 0x7f)
        let c = GuardedMatrix(seed: 7, rows: size.m, columns: size.n)
        values.withUnsafeMutableBufferPointer { values in
          scales.withUnsafeMutableBufferPointer { scales in
            guard let start = values.baseAddress, let first = scales.baseAddress,
              let base = panels.baseAddress
            else { return }
            let left = lk_q8_operand(values: start, scales: first, groups: groups)
            lk_quantize_operand_q8(left, problem.a.rows, size.m, size.k, lk_dither(), level.code)
            let b = problem.b.matrix
            let rows = b.kernelRows(0..<b.rows, 0..<b.columns)
            (transposeB ? lk_pack_transposed_q8 : lk_pack_q8)(
              base, panelBytes, rows, size.k, size.n, level.code)
            lk_gemm_q8(
              lk_gemm_result(c: c.rows, adds: true, factor: 0.5, bias: problem.bias.base), left,
              lk_gemm_operand(base: nil, stride: 0, k: 0), base, panelBytes, size.m, size.n, level.code)
          }
        }
        #expect(c.guardsAreIntact)
        return c.values
      }
      expectSameBits(run(level), run(.scalar))
    }
  }

  /// The bytes and scales of rows as a left operand.
  private static func quantize(
    _ x: lk_rows, rows: Int, width: Int, _ dither: lk_dither = lk_dither(), _ level: KernelLevel
  ) -> (bytes: [UInt8], scales: [Float]) {
    let groups = (width + 63) / 64
    var bytes = [UInt8](repeating: 0xa5, count: rows * groups * 64)
    var scales = [Float](repeating: .nan, count: rows * groups)
    bytes.withUnsafeMutableBufferPointer { bytes in
      scales.withUnsafeMutableBufferPointer { scales in
        guard let start = bytes.baseAddress, let first = scales.baseAddress else { return }
        lk_quantize_operand_q8(
          lk_q8_operand(values: start, scales: first, groups: groups), x, rows, width, dither, level.code)
      }
    }
    return (bytes, scales)
  }

  @Test(
    "inputs of either type round the same way at every level, with a dither and without",
    arguments: [1, 16, 63, 64, 65, 200],
    [lk_dither(), lk_dither(applies: true, row: 7, column: 1 << 20)])
  func operands(width: Int, dither: lk_dither) {
    // Groups of very different sizes, the smallest with a scale below float32's range and the last of zeros.
    let x = normalValues(2 * width, seed: UInt64(width)).enumerated().map { index, value in
      [1, 1e-30, 1e30, 1e-38, 0][index % width / 64 % 5] * value
    }
    let halves = GuardedHalfMatrix(x, rows: 2, columns: width)
    let floats = GuardedMatrix(halves.values, rows: 2, columns: width)
    let expected = IntegerGEMMTests.quantize(floats.rows, rows: 2, width: width, dither, .scalar)
    for level in KernelLevel.available {
      for rows in [floats.rows, halves.rows] {
        let result = IntegerGEMMTests.quantize(rows, rows: 2, width: width, dither, level)
        #expect(result.bytes == expected.bytes)
        expectSameBits(result.scales, expected.scales)
      }
    }
    withExtendedLifetime((halves, floats)) {}
  }

  @Test("a part of a whole is rounded as it is there")
  func ditherOfAPart() {
    let x = GuardedMatrix(seed: 1, rows: 5, columns: 128)
    func secondHalves<Element>(_ values: [Element]) -> [Element] {
      (2..<5).flatMap { (row: Int) in values[row * 128 + 64..<(row + 1) * 128] }
    }
    let whole = IntegerGEMMTests.quantize(
      x.rows, rows: 5, width: 128, lk_dither(applies: true, row: 3, column: 64), .scalar)
    let part = GuardedMatrix(secondHalves(x.values), rows: 3, columns: 64)
    let same = IntegerGEMMTests.quantize(
      part.rows, rows: 3, width: 64, lk_dither(applies: true, row: 5, column: 128), .scalar)
    #expect(same.bytes == secondHalves(whole.bytes))
    withExtendedLifetime((x, part)) {}
  }

  @Test("values twice as large are not rounded up in the same places")
  func ditherOfOtherValues() {
    func bytes(_ factor: Float) -> [UInt8] {
      let x = GuardedMatrix((0..<64).map { $0 == 5 ? factor : factor / 252 }, rows: 1, columns: 64)
      defer { withExtendedLifetime(x) {} }
      return IntegerGEMMTests.quantize(
        x.rows, rows: 1, width: 64, lk_dither(applies: true, row: 0, column: 0), .scalar
      ).bytes
    }
    // The multiples are the same, 63 of them halves.
    #expect(bytes(1) == bytes(1))
    #expect(bytes(1) != bytes(2))
  }

  @Test("with a dither small values beside a large one are right on average, and all stay within a step")
  func dithersToTheMean() {
    // Beside 1, whose step is 1/126, all others would be zero.
    let (rows, value) = (4096, Float(1) / 800)
    let x = GuardedMatrix(
      (0..<rows * 64).map { $0 % 64 == 5 ? 1 : value }, rows: rows, columns: 64)
    defer { withExtendedLifetime(x) {} }
    let (bytes, scales) = IntegerGEMMTests.quantize(
      x.rows, rows: rows, width: 64, lk_dither(applies: true, row: 0, column: 0), .scalar)
    #expect(scales.allSatisfy { $0 == 1.0 / 126 })
    for column in 0..<64 {
      let multiples = (0..<rows).map { Int(bytes[$0 * 64 + column]) - 128 }
      guard column != 5 else {
        #expect(multiples.allSatisfy { $0 == 126 })
        continue
      }
      #expect(multiples.allSatisfy { $0 == 0 || $0 == 1 })
      // One in 800/126 = 6.35 is a one: 645 of 4,096 with a standard deviation of 23.3. Five of them pass in all
      // but one of a million columns.
      let ones = Double(multiples.reduce(0, +))
      #expect(abs(ones - Double(rows) * 126 / 800) <= 117)
    }
  }

  @Test(
    "a value that is not a number reaches every sum that it is part of, and no other",
    arguments: [DType.float32, .bfloat16])
  func notANumber(dtype: DType) {
    let weights = HeldWeights(seed: 1, rows: 40, columns: 100, format: .q8Tiled)
    var x = normalValues(3 * 100, seed: 2)
    x[170] = .nan
    let (floats, halves) = (
      GuardedMatrix(x, rows: 3, columns: 100), GuardedHalfMatrix(x, rows: 3, columns: 100)
    )
    let c = GuardedMatrix(seed: 3, rows: 3, columns: 40)
    MatrixProduct.multiply(
      dtype == .float32 ? floats.matrix : halves.matrix, weights.matrix, transposeB: true, into: c.matrix,
      pool: ThreadPool(threadCount: 2))
    for (index, value) in c.values.enumerated() { #expect(value.isNaN == (index / 40 == 1)) }
    withExtendedLifetime((weights, floats, halves)) {}
  }
}
