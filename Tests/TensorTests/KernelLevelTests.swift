import Testing

@testable import Tensor

@Suite("KernelLevel") struct KernelLevelTests {
  @Test("the baseline is always available")
  func baseline() {
    #expect(KernelLevel.available.first == .scalar)
  }

  @Test("no setting, or an empty one, takes the fastest level", arguments: [nil, ""])
  func fastest(setting: String?) {
    let choice = KernelLevel.choose(setting, from: [.scalar, .avx2])
    #expect(choice.level == .avx2 && choice.complaint == nil)
  }

  @Test("a setting names its level", arguments: KernelLevel.allCases)
  func named(level: KernelLevel) {
    let choice = KernelLevel.choose(level.rawValue, from: KernelLevel.allCases)
    #expect(choice.level == level && choice.complaint == nil)
  }

  @Test("an unknown level and one that the machine lacks are named", arguments: ["avx1024", "avx512"])
  func refused(setting: String) {
    let choice = KernelLevel.choose(setting, from: [.scalar, .avx2])
    #expect(choice.level == .avx2)
    #expect(
      choice.complaint
        == "LORA_KERNELS: found \"\(setting)\"; expected one of scalar, avx2 on this machine. Going on with avx2."
    )
  }
}
