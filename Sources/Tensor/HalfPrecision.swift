/// What this processor does with bfloat16.
public enum HalfPrecision {
  /// Whether products of bfloat16 operands run on dot-product instructions, at about twice the speed of float32.
  /// Elsewhere they give the same results within rounding, slowly.
  public static var isFast: Bool { KernelLevel.current == .avx512bf16 }
}
