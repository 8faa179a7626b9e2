import CKernels
import Testing

@testable import Tensor

@Suite("Products of one row") struct RowProductsTests {
  /// Sizes around the sixteen lanes, the 32 and 64 values that bfloat16 and q8 take at once, and eight groups of these.
  static let widths = [1, 15, 16, 17, 31, 33, 64, 65, 100, 512, 576, 577]
  static let formats: [WeightMatrix.Format] = [.float32, .bfloat16, .q8]

  /// x in every form, [1, columns], for one call.
  static func withInput<Result>(_ values: [Float], _ body: (RowInput) -> Result) -> Result {
    let take = { RowInput(columns: values.count, formats: Set(formats), workspace: $0) }
    let plan = Workspace.planning()
    _ = take(plan)
    let workspace = Workspace(byteCount: plan.byteCount)
    let input = take(workspace)
    for (index, value) in values.enumerated() { input.values.base[index] = value }
    input.prepare()
    return withExtendedLifetime(workspace) { body(input) }
  }

  /// x as products with q8 see it: multiples of 1/127 of the largest of each 32.
  static func rounded(_ x: [Float]) -> [Double] {
    stride(from: 0, to: x.count, by: 32).flatMap { first in
      let block = x[first..<min(x.count, first + 32)]
      let scale = (block.map(abs).max() ?? 0) / 127
      return block.map {
        scale > 0 ? Double(scale) * Double(($0 * (1 / scale)).rounded(.toNearestOrEven)) : 0
      }
    }
  }

  @Test("Every level gives W·x in every format, and y + W·x where it adds", arguments: formats, widths)
  func kernels(format: WeightMatrix.Format, width: Int) {
    let rows = 5
    let values = normalValues(width, seed: 1)
    let weights = HeldWeights(seed: 2, rows: rows, columns: width, format: format)
    let x = format == .q8 ? Self.rounded(values) : values.map(Double.init)
    for adds in [false, true] {
      let start = normalValues(rows, seed: 3)
      let results = Self.withInput(values) { input in
        KernelLevel.available.map { level in
          let y = GuardedMatrix(start, rows: 1, columns: rows)
          input.multiply(weights.matrix, into: y.base, adds: adds, level: level.code)
          #expect(y.guardsAreIntact)
          return y.values
        }
      }
      for (level, result) in zip(KernelLevel.available, results) {
        expectSameBits(result, results[0], "\(level)")
      }
      let products = (0..<rows).map { row in
        (0..<width).map { x[$0] * weights.doubles[row * width + $0] }
      }
      let before = start.map { adds ? Double($0) : 0 }
      // A product, its scales and its place in the sum round at most four times for every term of the sum.
      expectClose(
        results[0], zip(before, products).map { $0 + $1.reduce(0, +) },
        within: zip(before, products).map {
          Double(width + 4) * u * (abs($0) + $1.reduce(0) { $0 + abs($1) })
        })
    }
  }

  @Test("Rows weighted and added, in either type, at every level", arguments: [1, 15, 16, 64, 65, 200])
  func weightedRows(width: Int) {
    let rows = 9
    let factors = normalValues(rows, seed: 4)
    for format in [WeightMatrix.Format.float32, .bfloat16] {
      let weights = HeldWeights(seed: 5, rows: rows, columns: width, format: format)
      let start = normalValues(width, seed: 6)
      let results = KernelLevel.available.map { level in
        let y = GuardedMatrix(start, rows: 1, columns: width)
        lk_add_weighted_rows(
          y.base, factors, weights.matrix.matrix.kernelRows, rows, width, level.code)
        #expect(y.guardsAreIntact)
        return y.values
      }
      for result in results { expectSameBits(result, results[0]) }
      let terms = (0..<width).map { column in
        (0..<rows).map { Double(factors[$0]) * weights.doubles[$0 * width + column] }
      }
      expectClose(
        results[0], zip(start, terms).map { Double($0) + $1.reduce(0, +) },
        within: zip(start, terms).map {
          Double(rows + 1) * u * (Double(abs($0)) + $1.reduce(0) { $0 + abs($1) })
        })
    }
  }

  @Test(
    "An update's panels are s·B, and are added at every level", arguments: [1, 15, 16, 33, 64], [1, 3, 8])
  func lowRank(width: Int, rank: Int) {
    let pool = ThreadPool(threadCount: 1)
    let (a, b) = (
      GuardedMatrix(seed: 1, rows: rank, columns: 5), GuardedMatrix(seed: 2, rows: width, columns: rank)
    )
    let (c, start) = (normalValues(rank, seed: 3), normalValues(width, seed: 4))
    for dtype in [DType.float32, .bfloat16] {
      let update = RowUpdate(a: a.matrix, b: b.matrix, scaling: 2, dtype: dtype, pool: pool)
      let results = KernelLevel.available.map { level in
        let y = GuardedMatrix(start, rows: 1, columns: width)
        withExtendedLifetime(update) {
          lk_add_low_rank(y.base, c, update.b.kernelRows, rank, width, level.code)
        }
        #expect(y.guardsAreIntact)
        return y.values
      }
      for result in results { expectSameBits(result, results[0]) }
      let terms = (0..<width).map { row in
        (0..<rank).map { 2 * Double(c[$0]) * b.doubles[row * rank + $0] }
      }
      // Rounding to bfloat16 moves each value by up to 2⁻⁸ of it.
      let rounding = dtype == .bfloat16 ? 0x1p-8 : 0
      expectClose(
        results[0], zip(start, terms).map { Double($0) + $1.reduce(0, +) },
        within: zip(start, terms).map {
          (Double(rank + 2) * u + rounding) * (Double(abs($0)) + $1.reduce(0) { $0 + abs($1) })
        })
    }
  }

  @Test("Members of a group get their bias and update, however many threads there are", arguments: [1, 2, 3])
  func group(threadCount: Int) {
    let (width, rank) = (70, 3)
    let pool = ThreadPool(threadCount: threadCount)
    let values = normalValues(width, seed: 1)
    // More rows than one task takes.
    let weights = [(40, 2), (900, 3)].map {
      HeldWeights(seed: UInt64($0.1), rows: $0.0, columns: width, format: .float32)
    }
    let a = GuardedMatrix(seed: 5, rows: rank, columns: width)
    let b = GuardedMatrix(seed: 6, rows: 900, columns: rank)
    let bias = GuardedMatrix(seed: 7, rows: 1, columns: 900)
    let outputs = [
      GuardedMatrix(seed: 8, rows: 1, columns: 40), GuardedMatrix(seed: 9, rows: 1, columns: 900),
    ]
    let before = outputs[0].doubles
    Self.withInput(values) { input in
      let workspace = Workspace(byteCount: 1 << 12)
      let update = RowUpdate(a: a.matrix, b: b.matrix, scaling: 2, dtype: .float32, pool: pool)
      RowProducts(
        input,
        [
          .init(weights[0].matrix, into: outputs[0].matrix, accumulates: true),
          .init(weights[1].matrix, bias: bias.matrix, update: update, into: outputs[1].matrix),
        ], threadCount: threadCount, workspace: workspace
      ).compute(pool: pool)
      withExtendedLifetime(workspace) {}
    }
    let x = values.map(Double.init)
    func product(_ w: [Double], _ row: Int, _ x: [Double]) -> Double {
      dot(Array(w[row * x.count..<(row + 1) * x.count]), x)
    }
    let reduced = (0..<rank).map { product(a.doubles, $0, x) }
    // Sums of at most 80 terms of which none comes near 40: roundings of 80·u·40·80.
    let bound = 80 * 40 * 80 * u
    expectClose(
      outputs[0].values, (0..<40).map { before[$0] + product(weights[0].doubles, $0, x) },
      within: [Double](repeating: bound, count: 40))
    expectClose(
      outputs[1].values,
      (0..<900).map {
        bias.doubles[$0] + product(weights[1].doubles, $0, x) + 2 * product(b.doubles, $0, reduced)
      }, within: [Double](repeating: bound, count: 900))
    #expect(outputs.allSatisfy { $0.guardsAreIntact })
  }
}
