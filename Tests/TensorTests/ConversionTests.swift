import CKernels
import Testing

@testable import Tensor

@Suite("Conversion") struct ConversionTests {
  /// The value of binary16 bits, from the format's definition.
  static func half(_ bits: UInt16) -> Float {
    let sign: Float = bits >> 15 == 0 ? 1 : -1
    let (exponent, fraction) = (Int(bits >> 10 & 31), Float(bits & 1023))
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    if exponent == 0 { return sign * fraction * 0x1p-24 }
    return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
  }

  static func widen(_ bits: [UInt16], _ kernel: (UnsafeMutablePointer<Float>, UnsafeRawPointer, Int) -> Void)
    -> [Float]
  {
    let y = GuardedMatrix(seed: 1, rows: 1, columns: bits.count)
    // An odd address, as in a file.
    let bytes: [UInt8] = [0] + bits.flatMap { bit -> [UInt8] in [UInt8(bit & 255), UInt8(bit >> 8)] }
    bytes.withUnsafeBytes { raw in
      if let base = raw.baseAddress { kernel(y.base, base + 1, bits.count) }
    }
    #expect(y.guardsAreIntact)
    return y.values
  }

  static func narrow(_ x: [Float], _ kernel: (UnsafeMutableRawPointer, UnsafePointer<Float>, Int) -> Void)
    -> [UInt16]
  {
    var bytes = [UInt8](repeating: 0xa5, count: 2 * x.count + 2)
    bytes.withUnsafeMutableBytes { raw in
      if let base = raw.baseAddress { kernel(base + 1, x, x.count) }
    }
    #expect(bytes.first == 0xa5 && bytes.last == 0xa5)
    return (0..<x.count).map { UInt16(bytes[2 * $0 + 1]) | UInt16(bytes[2 * $0 + 2]) << 8 }
  }

  /// Values around every place where rounding decides: each stored value, the midpoint to the next, and the
  /// float32 values beside it; and all signs.
  static func edges(_ stored: [Float]) -> [Float] {
    let finite = stored.filter { $0 >= 0 && $0.isFinite }.sorted()
    let midpoints = zip(finite, finite.dropFirst()).map { $0 + ($1 - $0) / 2 }
    let positive = finite + midpoints + midpoints.map(\.nextUp) + midpoints.map(\.nextDown)
    return positive + positive.map { -$0 }
  }

  @Test("every float16 widens to its value", arguments: KernelLevel.available)
  func widenHalf(level: KernelLevel) {
    let bits = (0...UInt16.max).map { $0 }
    let actual = ConversionTests.widen(bits) { lk_widen_f16($0, $1, $2, level.code) }
    let wrong = bits.first { bit in
      let (found, expected) = (actual[Int(bit)], ConversionTests.half(bit))
      return expected.isNaN ? !found.isNaN : found.bitPattern != expected.bitPattern
    }
    #expect(wrong == nil)
  }

  @Test("every bfloat16 widens to its bits", arguments: KernelLevel.available)
  func widenBrain(level: KernelLevel) {
    let bits = (0...UInt16.max).map { $0 }
    let actual = ConversionTests.widen(bits) { lk_widen_bf16($0, $1, $2, level.code) }
    #expect(bits.allSatisfy { actual[Int($0)].bitPattern == UInt32($0) << 16 })
  }

  @Test("narrowing to float16 rounds to nearest, ties to even", arguments: KernelLevel.available)
  func narrowHalf(level: KernelLevel) {
    let stored = (0..<UInt16(0x7c00)).map(ConversionTests.half)
    let x = ConversionTests.edges(stored)
    let bits = ConversionTests.narrow(x) { lk_narrow_f16($0, $1, $2, level.code) }
    expectNearest(x, bits, stored: stored)
  }

  @Test("narrowing to bfloat16 rounds to nearest, ties to even", arguments: KernelLevel.available)
  func narrowBrain(level: KernelLevel) {
    let stored = (0..<UInt16(0x7f80)).map { Float(bitPattern: UInt32($0) << 16) }
    let x = ConversionTests.edges(stored)
    let bits = ConversionTests.narrow(x) { lk_narrow_bf16($0, $1, $2, level.code) }
    expectNearest(x, bits, stored: stored)
  }

  /// Expects each x at its nearest stored value, or at the even one of two. `stored` holds the non-negative
  /// finite values in the order of their bits.
  func expectNearest(_ x: [Float], _ bits: [UInt16], stored: [Float]) {
    let wrong = zip(x, bits).first { value, bits in
      let index = Int(bits & 0x7fff)
      guard index < stored.count, (bits >> 15 == 1) == (value.sign == .minus) else { return true }
      let magnitude = Double(abs(value))
      let distance = abs(Double(stored[index]) - magnitude)
      let neighbours = [index - 1, index + 1].filter(stored.indices.contains)
      return neighbours.contains { other in
        let otherDistance = abs(Double(stored[other]) - magnitude)
        return otherDistance < distance || (otherDistance == distance && index % 2 == 1)
      }
    }
    #expect(wrong == nil, "\(wrong.map { "\($0.0) became \($0.1)" } ?? "")")
  }

  @Test("what is too large becomes infinite, and NaN stays NaN", arguments: KernelLevel.available)
  func specials(level: KernelLevel) {
    let payload = Float(bitPattern: 0x7f80_0001)
    let x: [Float] = [
      .infinity, -.infinity, .greatestFiniteMagnitude, 65_519.996, 65_520, .nan, payload, -0.0, 0x1p-149,
    ]
    let half = ConversionTests.narrow(x) { lk_narrow_f16($0, $1, $2, level.code) }
    #expect(Array(half[0..<5]) == [0x7c00, 0xfc00, 0x7c00, 0x7bff, 0x7c00])
    #expect(half[5...6].allSatisfy { $0 & 0x7fff > 0x7c00 })
    #expect(Array(half[7...]) == [0x8000, 0])
    let brain = ConversionTests.narrow(x) { lk_narrow_bf16($0, $1, $2, level.code) }
    #expect(Array(brain[0..<3]) == [0x7f80, 0xff80, 0x7f80])
    #expect(brain[5...6].allSatisfy { $0 & 0x7fff > 0x7f80 })
    #expect(Array(brain[7...]) == [0x8000, 0])
  }

  @Test("odd counts and dtypes convert there and back", arguments: DType.allCases, [0, 1, 15, 17, 70_001])
  func roundTrip(dtype: DType, count: Int) {
    let pool = ThreadPool(threadCount: 2)
    // Values with seven fraction bits are exact in all three types.
    let x = GuardedMatrix(row: (0..<count).map { Float($0 % 256) * 0.125 })
    let y = GuardedMatrix(seed: 1, rows: 1, columns: count)
    var bytes = [UInt8](repeating: 0, count: count * dtype.byteCount + 1)
    bytes.withUnsafeMutableBytes { raw in
      guard let base = raw.baseAddress else { return }
      Conversion.narrow(x.base, to: dtype, into: base + 1, count: count, pool: pool)
      Conversion.widen(from: base + 1, dtype: dtype, into: y.base, count: count, pool: pool)
    }
    expectSameBits(y.values, x.values)
    #expect(y.guardsAreIntact)
  }
}
