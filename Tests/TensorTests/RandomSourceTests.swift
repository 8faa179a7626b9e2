import Testing

@testable import Tensor

@Suite("RandomSource") struct RandomSourceTests {
  func draws(_ count: Int, _ source: RandomSource) -> [UInt64] {
    var source = source
    return (0..<count).map { _ in source.next() }
  }

  @Test("the stream is xoshiro256++")
  func algorithm() {
    let source = RandomSource(state: (1, 2, 3, 4))
    // The first is rotl(1 + 4, 23) + 1; the others were computed with the authors' C code.
    #expect(
      draws(10, source) == [
        41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386, 9_228_616_714_210_784_205,
        9_973_669_472_204_895_162, 14_011_001_112_246_962_877, 12_406_186_145_184_390_807,
        15_849_039_046_786_891_736, 10_450_023_813_501_588_000,
      ])
  }

  @Test("seed and name fix the stream, and each changes it")
  func streams() {
    let a = draws(8, RandomSource(seed: 0, stream: "a"))
    #expect(a == draws(8, RandomSource(seed: 0, stream: "a")))
    #expect(a != draws(8, RandomSource(seed: 1, stream: "a")))
    #expect(a != draws(8, RandomSource(seed: 0, stream: "b")))
  }

  @Test("uniform values fill [0, 1) evenly")
  func uniform() {
    var source = RandomSource(seed: 5, stream: "u")
    let values = (0..<100_000).map { _ in Double(source.uniform()) }
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    // Five standard errors of the mean, √(1/12) / √10⁵.
    let mean = values.reduce(0, +) / 100_000
    #expect(abs(mean - 0.5) <= 5 * 0.2887 / 316.2)
  }

  @Test("normal values have mean 0 and variance 1")
  func normal() {
    var source = RandomSource(seed: 5, stream: "n")
    let values = (0..<100_000).map { _ in Double(source.normal()) }
    // Five standard errors: 1/√10⁵ of the mean, √2/√10⁵ of the variance.
    let mean = values.reduce(0, +) / 100_000
    let variance = dot(values, values) / 100_000
    #expect(abs(mean) <= 5 / 316.2)
    #expect(abs(variance - 1) <= 5 * 1.4143 / 316.2)
  }
}
