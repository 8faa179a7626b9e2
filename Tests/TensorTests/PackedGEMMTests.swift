import CKernels
import Testing

@testable import Tensor

@Suite("PackedGEMM") struct PackedGEMMTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let m, n, k, r: Int
    var testDescription: String { "\(m)x\(n)x\(k)+\(r)" }
  }

  // Single elements; odd inner dimensions; one column less and one more than a panel and than half of one; a row less
  // and one more than a tile; several panels, tiles and tasks; an inner dimension that is cut in two; rows enough for
  // each thread to have its own.
  static let cases = [
    (1, 1, 1, 0), (3, 5, 7, 1), (13, 31, 33, 2), (15, 33, 32, 3), (14, 16, 2, 0), (29, 17, 5, 8),
    (250, 300, 70, 4), (5, 129, 4099, 1), (2, 3, 0, 2), (900, 70, 9, 1),
  ].map { Case(m: $0.0, n: $0.1, k: $0.2, r: $0.3) }

  /// One product with everything: a second term, a factor or a bias, added to what C holds.
  private struct Problem {
    let size: Case
    let transposeB: Bool
    let a, a2: GuardedHalfMatrix
    let b: GuardedHalfMatrix
    /// Float32, but of values that bfloat16 holds, so that rounding them changes nothing.
    let b2: GuardedMatrix
    let bias: GuardedMatrix

    init(_ size: Case, transposeB: Bool) {
      (self.size, self.transposeB) = (size, transposeB)
      func shape(_ k: Int) -> (rows: Int, columns: Int) { transposeB ? (size.n, k) : (k, size.n) }
      a = GuardedHalfMatrix(seed: 1, rows: size.m, columns: size.k)
      a2 = GuardedHalfMatrix(seed: 2, rows: size.m, columns: size.r, gap: 0)
      b = GuardedHalfMatrix(seed: 3, rows: shape(size.k).rows, columns: shape(size.k).columns, gap: 1)
      let exact = GuardedHalfMatrix(seed: 4, rows: shape(size.r).rows, columns: shape(size.r).columns)
      b2 = GuardedMatrix(exact.values, rows: shape(size.r).rows, columns: shape(size.r).columns)
      bias = GuardedMatrix(seed: 5, rows: 1, columns: size.n)
    }

    /// The sums in double precision, and the sums of their magnitudes.
    func expected(before: [Double]) -> (sums: [Double], magnitudes: [Double]) {
      func product(_ map: (Double) -> Double) -> [Double] {
        let (m, n) = (size.m, size.n)
        let first = Reference.product(
          a.doubles.map(map), transposeA: false, b.doubles.map(map), transposeB: transposeB, m: m, n: n,
          k: size.k)
        let second = Reference.product(
          a2.doubles.map(map), transposeA: false, b2.doubles.map(map), transposeB: transposeB, m: m, n: n,
          k: size.r)
        return first.indices.map {
          first[$0] + second[$0] + map(bias.doubles[$0 % n]) + map(before[$0])
        }
      }
      return (product { $0 }, product(abs))
    }
  }

  @Test("products agree with the reference over transposes, terms and types", arguments: cases)
  func agreesWithReference(_ size: Case) {
    for transposeB in [false, true] {
      let problem = Problem(size, transposeB: transposeB)
      let term = MatrixProduct.Term(problem.a2.matrix, problem.b2.matrix)
      func run(_ c: Matrix, threads: Int) {
        PackedGEMM.multiply(
          problem.a.matrix, WeightMatrix(problem.b.matrix), transposeB: transposeB, plus: term, into: c,
          adds: true,
          bias: problem.bias.matrix, pool: ThreadPool(threadCount: threads))
      }
      let single = GuardedMatrix(seed: 6, rows: size.m, columns: size.n)
      let (sums, magnitudes) = problem.expected(before: single.doubles)
      run(single.matrix, threads: 2)
      // Products of bfloat16 values are exact in float32, or nearly: a pair of them and its sum take three roundings.
      let roundings = Double(2 * (size.k + size.r) + 5)
      expectClose(single.values, sums, within: magnitudes.map { $0 * roundings * u })
      #expect(single.guardsAreIntact)
      let alone = GuardedMatrix(seed: 6, rows: size.m, columns: size.n)
      run(alone.matrix, threads: 1)
      expectSameBits(alone.values, single.values)

      let half = GuardedHalfMatrix(seed: 6, rows: size.m, columns: size.n)
      let (rounded, sizes) = problem.expected(before: half.doubles)
      run(half.matrix, threads: 3)
      expectClose(
        half.values, rounded,
        within: zip(rounded, sizes).map { abs($0) * halfUnit + $1 * roundings * u })
      #expect(half.guardsAreIntact)
    }
  }

  @Test("every level's kernels agree", arguments: KernelLevel.available, cases)
  func levels(level: KernelLevel, size: Case) {
    let problem = Problem(size, transposeB: true)
    let panelSize = (size.k + size.k % 2) * 32
    let panels = [UInt16](
      unsafeUninitializedCapacity: max(1, (size.n + 31) / 32 * panelSize)
    ) { buffer, count in
      // Whatever the packing leaves unwritten would show as NaN.
      buffer.initialize(repeating: 0xffff)
      count = buffer.count
      if let base = buffer.baseAddress {
        lk_pack_transposed_bf16(base, panelSize, problem.b.rows, size.k, size.n, level.code)
      }
    }
    let c = GuardedMatrix(seed: 7, rows: size.m, columns: size.n)
    let operand = lk_gemm_operand(
      base: problem.a.rows.base?.assumingMemoryBound(to: UInt16.self), stride: problem.a.matrix.stride,
      k: size.k)
    let none = lk_gemm_operand(base: nil, stride: 0, k: 0)
    panels.withUnsafeBufferPointer { panels in
      lk_gemm_bf16(
        lk_gemm_result(c: c.rows, adds: false, factor: 0.5, bias: nil), operand,
        lk_panels(base: panels.baseAddress, stride: panelSize), none, lk_panels(base: nil, stride: 0), size.m,
        size.n, level.code)
    }
    let product = { (map: (Double) -> Double) in
      Reference.product(
        problem.a.doubles.map(map), transposeA: false, problem.b.doubles.map(map), transposeB: true,
        m: size.m,
        n: size.n, k: size.k
      ).map { $0 / 2 }
    }
    expectClose(c.values, product { $0 }, within: product(abs).map { $0 * Double(2 * size.k + 2) * u })
    #expect(c.guardsAreIntact)
  }

  @Test(
    "transposed products of a narrow matrix agree with the reference", arguments: [1, 8, 15, 40], [1, 2, 63])
  func transposed(width: Int, tokens: Int) {
    let pool = ThreadPool(threadCount: 2)
    let narrow = GuardedHalfMatrix(seed: 1, rows: tokens, columns: width)
    let wide = GuardedHalfMatrix(seed: 2, rows: tokens, columns: 77, gap: 0)
    for isLeft in [true, false] {
      let (x, y) = isLeft ? (narrow, wide) : (wide, narrow)
      let (m, n) = (x.matrix.columns, y.matrix.columns)
      let c = GuardedMatrix(seed: 3, rows: m, columns: n)
      let before = c.doubles
      PackedGEMM.addTransposedProduct(x.matrix, y.matrix, to: c.matrix, pool: pool)
      let product = { (map: (Double) -> Double) in
        Reference.product(
          x.doubles.map(map), transposeA: true, y.doubles.map(map), transposeB: false, m: m, n: n, k: tokens)
      }
      let bounds = zip(product(abs), before).map { ($0 + abs($1)) * Double(2 * tokens + 2) * u }
      expectClose(c.values, zip(product { $0 }, before).map(+), within: bounds)
      #expect(c.guardsAreIntact)
    }
  }

  @Test(
    "transposed products that the scratch memory does not hold at once are added in parts",
    arguments: [1, 8, 15], [63, 501])
  func transposedInParts(width: Int, tokens: Int) {
    let halves = [(1, width), (2, 77)].map { GuardedHalfMatrix(seed: $0.0, rows: tokens, columns: $0.1) }
    let singles = [(1, width), (2, 77)].map { GuardedMatrix(seed: $0.0, rows: tokens, columns: $0.1) }
    for (operands, values) in [
      (halves.map(\.matrix), halves.map(\.doubles)), (singles.map(\.matrix), singles.map(\.doubles)),
    ] {
      for (left, right) in [(0, 1), (1, 0)] {
        let (m, n) = (operands[left].columns, operands[right].columns)
        func run(_ pool: ThreadPool) -> GuardedMatrix {
          let c = GuardedMatrix(seed: 3, rows: m, columns: n)
          PackedGEMM.addTransposedProduct(operands[left], operands[right], to: c.matrix, pool: pool)
          #expect(c.guardsAreIntact)
          return c
        }
        let before = GuardedMatrix(seed: 3, rows: m, columns: n).doubles
        let c = run(ThreadPool(threadCount: 2, scratchByteCount: 4096))
        let product = { (map: (Double) -> Double) in
          Reference.product(
            values[left].map(map), transposeA: true, values[right].map(map), transposeB: false, m: m, n: n,
            k: tokens)
        }
        let bounds = zip(product(abs), before).map { ($0 + abs($1)) * Double(2 * tokens + 2) * u }
        expectClose(c.values, zip(product { $0 }, before).map(+), within: bounds)
        for threads in [1, 3] {
          expectSameBits(run(ThreadPool(threadCount: threads, scratchByteCount: 4096)).values, c.values)
        }
        // Rows that fit are not cut, and columns belong to different sums.
        if width < 15, tokens == 63 { expectSameBits(run(ThreadPool(threadCount: 2)).values, c.values) }
      }
    }
  }

  @Test("rows that are not packed give the same sums at every level", arguments: KernelLevel.available)
  func unpacked(level: KernelLevel) {
    for (m, n, k) in [(1, 1, 1), (8, 33, 7), (15, 70, 64), (29, 31, 5)] {
      let (a, b) = (
        GuardedHalfMatrix(seed: 1, rows: m, columns: k), GuardedHalfMatrix(seed: 2, rows: k, columns: n)
      )
      let c = GuardedHalfMatrix(seed: 3, rows: m, columns: n)
      let operand = lk_gemm_operand(
        base: a.rows.base?.assumingMemoryBound(to: UInt16.self), stride: a.matrix.stride, k: k)
      lk_gemm_unpacked_bf16(
        lk_gemm_result(c: c.rows, adds: false, factor: 1, bias: nil), operand, b.rows, m, n, level.code)
      let product = { (map: (Double) -> Double) in
        Reference.product(
          a.doubles.map(map), transposeA: false, b.doubles.map(map), transposeB: false, m: m, n: n, k: k)
      }
      let sums = product { $0 }
      expectClose(
        c.values, sums,
        within: zip(sums, product(abs)).map { abs($0) * halfUnit + $1 * Double(2 * k + 2) * u })
      #expect(c.guardsAreIntact)
    }
  }
}
