import CKernels
import Testing

@testable import Tensor

@Suite("Products of one row") struct RowProductsTests {
  /// Sizes around the sixteen lanes, the 32 and 64 values that bfloat16 and q8 take at once, and eight groups of these.
  static let widths = [1, 15, 16, 17, 31, 33, 64, 65, 100, 512, 576, 577]
  static let formats: [WeightMatrix.Format] = [.float32, .bfloat16, .bfloat16Panels, .q8]

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

  /// An update of weights of a format, for one call.
  static func withUpdate<Result>(
    a: GuardedMatrix, b: GuardedMatrix, scaling: Float, format: WeightMatrix.Format, pool: ThreadPool,
    _ body: (RowUpdate) -> Result
  ) -> Result {
    let take = {
      RowUpdate(
        rank: a.matrix.rows, outputs: b.matrix.rows, inputs: a.matrix.columns, format: format, workspace: $0)
    }
    let plan = Workspace.planning()
    _ = take(plan)
    let workspace = Workspace(byteCount: plan.byteCount)
    let update = take(workspace)
    update.hold(a: a.matrix, b: b.matrix, scaling: scaling, pool: pool)
    return withExtendedLifetime(workspace) { body(update) }
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

  @Test("A value that is not finite leaves no product that is", arguments: formats)
  func notFinite(format: WeightMatrix.Format) {
    let weights = HeldWeights(seed: 2, rows: 5, columns: 100, format: format)
    for value in QuantizationTests.broken {
      var values = normalValues(100, seed: 1)
      values[40] = value
      Self.withInput(values) { input in
        for level in KernelLevel.available {
          let y = GuardedMatrix(seed: 3, rows: 1, columns: 5)
          input.multiply(weights.matrix, into: y.base, adds: false, level: level.code)
          #expect(y.values.allSatisfy { !$0.isFinite })
        }
      }
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
    for format in Self.formats {
      let results = Self.withUpdate(a: a, b: b, scaling: 2, format: format, pool: pool) { update in
        KernelLevel.available.map { level in
          let y = GuardedMatrix(start, rows: 1, columns: width)
          lk_add_low_rank(y.base, c, update.b.kernelRows, rank, width, level.code)
          #expect(y.guardsAreIntact)
          return y.values
        }
      }
      for result in results { expectSameBits(result, results[0]) }
      let terms = (0..<width).map { row in
        (0..<rank).map { 2 * Double(c[$0]) * b.doubles[row * rank + $0] }
      }
      // Rounding to bfloat16 moves each value by up to 2⁻⁸ of it.
      let rounding = format == .float32 ? 0 : 0x1p-8
      expectClose(
        results[0], zip(start, terms).map { Double($0) + $1.reduce(0, +) },
        within: zip(start, terms).map {
          (Double(rank + 2) * u + rounding) * (Double(abs($0)) + $1.reduce(0) { $0 + abs($1) })
        })
    }
  }

  @Test(
    "Members of a group get their bias and update, however many threads there are", arguments: [1, 2, 3],
    formats)
  func group(threadCount: Int, format: WeightMatrix.Format) {
    let (width, rank, height) = (70, 3, 900)
    let pool = ThreadPool(threadCount: threadCount)
    let values = normalValues(width, seed: 1)
    // More rows than one task takes.
    let weights = [(40, 2), (height, 3)].map {
      HeldWeights(seed: UInt64($0.1), rows: $0.0, columns: width, format: format)
    }
    let a = GuardedMatrix(seed: 5, rows: rank, columns: width)
    let b = GuardedMatrix(seed: 6, rows: height, columns: rank)
    let bias = GuardedMatrix(seed: 7, rows: 1, columns: height)
    let outputs = [
      GuardedMatrix(seed: 8, rows: 1, columns: 40), GuardedMatrix(seed: 9, rows: 1, columns: height),
    ]
    let before = outputs[0].doubles
    let heldA = Storage(count: rank * width)
    Self.withInput(values) { input in
      let workspace = Workspace(byteCount: 1 << 12)
      Self.withUpdate(a: a, b: b, scaling: 2, format: format, pool: pool) { update in
        update.a.widen(into: heldA.matrix(rows: rank, columns: width))
        RowProducts(
          input,
          [
            .init(weights[0].matrix, into: outputs[0].matrix, accumulates: true),
            .init(weights[1].matrix, bias: bias.matrix, update: update, into: outputs[1].matrix),
          ], threadCount: threadCount, workspace: workspace
        ).compute(pool: pool)
      }
      withExtendedLifetime(workspace) {}
    }
    let x = format == .q8 ? Self.rounded(values) : values.map(Double.init)
    func product(_ w: [Double], _ row: Int, _ x: [Double]) -> Double {
      dot(Array(w[row * x.count..<(row + 1) * x.count]), x)
    }
    let held = (0..<rank * width).map { Double(heldA.base[$0]) }
    // A is held as weights of the format are: in q8 to half a 127th, rounded up by 2⁻⁷, of the largest of 32 values.
    let largest = a.doubles.map(abs).max() ?? 0
    let rounding = format == .float32 ? 0 : format == .q8 ? (1 + 0x1p-7) / 254 : 0x1p-8
    #expect(zip(held, a.doubles).allSatisfy { abs($0 - $1) <= rounding * largest })
    let reduced = (0..<rank).map { product(held, $0, x) }
    // Sums of at most 80 terms of which none comes near 40: roundings of 80·u·40·80.
    let bound = 80 * 40 * 80 * u
    expectClose(
      outputs[0].values, (0..<40).map { before[$0] + product(weights[0].doubles, $0, x) },
      within: [Double](repeating: bound, count: 40))
    // Rounding B to bfloat16 moves each value by up to 2⁻⁸ of it.
    let updates = (0..<height).map { row in (0..<rank).map { 2 * b.doubles[row * rank + $0] * reduced[$0] } }
    expectClose(
      outputs[1].values,
      (0..<height).map {
        bias.doubles[$0] + product(weights[1].doubles, $0, x) + updates[$0].reduce(0, +)
      },
      within: updates.map { bound + (format == .float32 ? 0 : 0x1p-8) * $0.reduce(0) { $0 + abs($1) } })
    #expect(outputs.allSatisfy { $0.guardsAreIntact })
  }
}
