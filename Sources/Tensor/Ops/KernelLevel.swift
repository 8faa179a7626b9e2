import CKernels
import Foundation

/// The instruction sets that the C kernels are compiled for.
///
/// All give the same bits except in matrix products, and in attention and SwiGLU in bfloat16: bfloat16 products are
/// rounded as the processor does; float32 products are fused multiply-adds from AVX-512 on, and OpenBLAS's below.
package enum KernelLevel: String, CaseIterable, Sendable {
  /// What every processor of the architecture has.
  case scalar
  /// AVX2.
  case avx2
  /// AVX-512 with the F, BW, DQ and VL parts.
  case avx512
  /// The same and bfloat16 dot products.
  case avx512bf16

  /// The level as the kernels take it.
  package var code: lk_level {
    switch self {
    case .scalar: LK_SCALAR
    case .avx2: LK_AVX2
    case .avx512: LK_AVX512
    case .avx512bf16: LK_AVX512BF16
    }
  }

  /// The levels that this machine can run, the fastest last.
  package static let available = allCases.filter { $0.code.rawValue <= lk_level_best().rawValue }

  /// The level that operators use: the fastest available, or the one that `LORA_KERNELS` names.
  package static let current: KernelLevel = {
    let (level, complaint) = choose(ProcessInfo.processInfo.environment["LORA_KERNELS"], from: available)
    // Unlike a file handle's, a write that fails is no reason to stop.
    if let complaint { _ = write(STDERR_FILENO, complaint + "\n", complaint.utf8.count + 1) }
    return level
  }()

  /// The level for a setting of `LORA_KERNELS`, and what is wrong with the setting, if anything.
  ///
  /// A wrong setting costs speed at most, so the run goes on with the fastest level.
  package static func choose(
    _ setting: String?, from available: [KernelLevel]
  ) -> (level: KernelLevel, complaint: String?) {
    let best = available.last ?? .scalar
    guard let setting, !setting.isEmpty else { return (best, nil) }
    if let level = KernelLevel(rawValue: setting), available.contains(level) { return (level, nil) }
    let names = available.map(\.rawValue).joined(separator: ", ")
    return (
      best,
      "LORA_KERNELS: found \"\(setting)\"; expected one of \(names) on this machine. Going on with \(best.rawValue)."
    )
  }
}

/// The level in the form that every kernel call takes.
@inline(__always)
var kernelLevel: lk_level { KernelLevel.current.code }
