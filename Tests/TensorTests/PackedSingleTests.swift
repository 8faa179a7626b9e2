import CKernels
import Testing

@testable import Tensor

@Suite("PackedGEMM in float32") struct PackedSingleTests {
  /// One product with everything, over a right operand of either type; its second term is of the other one.
  private struct Problem {
    let size: PackedGEMMTests.Case
    let transposeB: Bool
    let a, a2, bias: GuardedMatrix
    let b: Matrix
    let b2: Matrix
    let bValues: [Double]
    let b2Values: [Double]
    /// Keeps the memory of b and b2.
    private let owners: [AnyObject]

    init(_ size: PackedGEMMTests.Case, transposeB: Bool, dtype: DType) {
      (self.size, self.transposeB) = (size, transposeB)
      func shape(_ k: Int) -> (rows: Int, columns: Int) { transposeB ? (size.n, k) : (k, size.n) }
      a = GuardedMatrix(seed: 1, rows: size.m, columns: size.k)
      a2 = GuardedMatrix(seed: 2, rows: size.m, columns: size.r, gap: 0)
      bias = GuardedMatrix(seed: 5, rows: 1, columns: size.n)
      let (first, second) = (shape(size.k), shape(size.r))
      let half = dtype == .bfloat16 ? first : second
      let single = dtype == .bfloat16 ? second : first
      let halves = GuardedHalfMatrix(seed: 3, rows: half.rows, columns: half.columns, gap: 1)
      let singles = GuardedMatrix(seed: 4, rows: single.rows, columns: single.columns)
      owners = [halves, singles]
      if dtype == .bfloat16 {
        (b, bValues, b2, b2Values) = (halves.matrix, halves.doubles, singles.matrix, singles.doubles)
      } else {
        (b, bValues, b2, b2Values) = (singles.matrix, singles.doubles, halves.matrix, halves.doubles)
      }
    }

    /// The sums in double precision, of values as `map` makes them.
    func expected(before: [Double], _ map: (Double) -> Double) -> [Double] {
      let (m, n) = (size.m, size.n)
      let first = Reference.product(
        a.doubles.map(map), transposeA: false, bValues.map(map), transposeB: transposeB, m: m, n: n, k: size.k
      )
      let second = Reference.product(
        a2.doubles.map(map), transposeA: false, b2Values.map(map), transposeB: transposeB, m: m, n: n,
        k: size.r)
      return first.indices.map { first[$0] + second[$0] + map(bias.doubles[$0 % n]) + map(before[$0]) }
    }

    /// A product and its place in the sum round at most once each, as do the bias and what C held; an inner
    /// dimension that is cut adds up its parts.
    func bounds(before: [Double]) -> [Double] {
      expected(before: before, abs).map { $0 * Double(size.k + size.r + 5) * u }
    }
  }

  @Test(
    "products agree with the reference over transposes, terms and types of the right operand",
    arguments: PackedGEMMTests.cases, [DType.float32, .bfloat16])
  func agreesWithReference(_ size: PackedGEMMTests.Case, right: DType) {
    for transposeB in [false, true] {
      let problem = Problem(size, transposeB: transposeB, dtype: right)
      func run(threads: Int) -> GuardedMatrix {
        let c = GuardedMatrix(seed: 6, rows: size.m, columns: size.n)
        PackedGEMM.multiply(
          problem.a.matrix, WeightMatrix(problem.b), transposeB: transposeB,
          plus: MatrixProduct.Term(problem.a2.matrix, problem.b2), into: c.matrix, adds: true,
          bias: problem.bias.matrix, pool: ThreadPool(threadCount: threads))
        return c
      }
      let before = GuardedMatrix(seed: 6, rows: size.m, columns: size.n).doubles
      let c = run(threads: 2)
      expectClose(c.values, problem.expected(before: before) { $0 }, within: problem.bounds(before: before))
      #expect(c.guardsAreIntact)
      for threads in [1, 3] { expectSameBits(run(threads: threads).values, c.values) }
    }
  }

  @Test(
    "every level packs the same panels, and its kernel's sums agree", arguments: KernelLevel.available,
    PackedGEMMTests.cases)
  func levels(level: KernelLevel, size: PackedGEMMTests.Case) {
    for (transposeB, dtype) in [
      (false, DType.float32), (false, .bfloat16), (true, .float32), (true, .bfloat16),
    ] {
      let problem = Problem(size, transposeB: transposeB, dtype: dtype)
      let panels = pack(problem, level)
      expectSameBits(panels, pack(problem, .scalar), "packed value")
      let c = GuardedMatrix(seed: 7, rows: size.m, columns: size.n)
      let operand = lk_gemm_operand(
        base: problem.a.matrix.base, stride: problem.a.matrix.stride, k: size.k)
      lk_gemm_f32(
        lk_gemm_result(c: c.rows, adds: false, factor: 0.5, bias: nil), operand,
        lk_gemm_operand(base: nil, stride: 0, k: 0), panels, size.m, size.n, level.code)
      let product = { (map: (Double) -> Double) in
        Reference.product(
          problem.a.doubles.map(map), transposeA: false, problem.bValues.map(map), transposeB: transposeB,
          m: size.m, n: size.n, k: size.k
        ).map { $0 / 2 }
      }
      expectClose(c.values, product { $0 }, within: product(abs).map { $0 * Double(size.k + 1) * u })
      #expect(c.guardsAreIntact)
    }
  }

  /// The panels of b; whatever packing leaves unwritten shows as NaN.
  private func pack(_ problem: Problem, _ level: KernelLevel) -> [Float] {
    let (n, k) = (problem.size.n, problem.size.k)
    var panels = [Float](repeating: .nan, count: (n + 31) / 32 * 32 * k)
    let pack = problem.transposeB ? lk_pack_transposed_f32 : lk_pack_f32
    panels.withUnsafeMutableBufferPointer {
      if let base = $0.baseAddress { pack(base, 32 * k, problem.b.kernelRows, k, n, level.code) }
    }
    #expect(panels.allSatisfy { !$0.isNaN })
    return panels
  }

  @Test(
    "transposed products of a narrow matrix agree with the reference", arguments: [1, 8, 15, 40], [1, 2, 63])
  func transposed(width: Int, tokens: Int) {
    let narrow = GuardedMatrix(seed: 1, rows: tokens, columns: width)
    let wide = GuardedMatrix(seed: 2, rows: tokens, columns: 77, gap: 0)
    for (x, y) in [(narrow, wide), (wide, narrow)] {
      let (m, n) = (x.matrix.columns, y.matrix.columns)
      let c = GuardedMatrix(seed: 3, rows: m, columns: n)
      let before = c.doubles
      PackedGEMM.addTransposedProduct(x.matrix, y.matrix, to: c.matrix, pool: ThreadPool(threadCount: 2))
      let product = { (map: (Double) -> Double) in
        Reference.product(
          x.doubles.map(map), transposeA: true, y.doubles.map(map), transposeB: false, m: m, n: n, k: tokens)
      }
      // Each product and each sum rounds once.
      let bounds = zip(product(abs), before).map { ($0 + abs($1)) * Double(tokens + 1) * u }
      expectClose(c.values, zip(product { $0 }, before).map(+), within: bounds)
      #expect(c.guardsAreIntact)
    }
  }

  @Test("rows that are not packed give the same sums at every level", arguments: KernelLevel.available)
  func unpacked(level: KernelLevel) {
    for (m, n, k) in [(1, 1, 1), (8, 33, 7), (15, 70, 64), (29, 31, 5), (3, 16, 2)] {
      let a = GuardedMatrix(seed: 1, rows: m, columns: k)
      let b = GuardedMatrix(seed: 2, rows: k, columns: n)
      let c = GuardedMatrix(seed: 3, rows: m, columns: n)
      lk_gemm_unpacked_f32(
        lk_gemm_result(c: c.rows, adds: false, factor: 1, bias: nil),
        lk_gemm_operand(base: a.matrix.base, stride: a.matrix.stride, k: k), b.rows, m, n, level.code)
      let product = { (map: (Double) -> Double) in
        Reference.product(
          a.doubles.map(map), transposeA: false, b.doubles.map(map), transposeB: false, m: m, n: n, k: k)
      }
      expectClose(c.values, product { $0 }, within: product(abs).map { $0 * Double(k + 1) * u })
      #expect(c.guardsAreIntact)
    }
  }

  @Test("a matrix of float32 is transposed at every level", arguments: KernelLevel.available)
  func transposes(level: KernelLevel) {
    for (rows, columns) in [(1, 1), (16, 16), (17, 33), (5, 40)] {
      let x = GuardedMatrix(seed: 1, rows: rows, columns: columns)
      let y = GuardedMatrix(seed: 2, rows: columns, columns: rows)
      lk_transpose_f32(
        y.matrix.base, y.matrix.stride, x.matrix.base, x.matrix.stride, rows, columns, level.code)
      let values = x.values
      expectSameBits(y.values, (0..<columns).flatMap { j in (0..<rows).map { values[$0 * columns + j] } })
      #expect(y.guardsAreIntact)
    }
  }
}
