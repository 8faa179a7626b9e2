/// The element types in which checkpoints store floating-point tensors.
public enum DType: String, Sendable, CaseIterable {
  /// IEEE 754 binary32.
  case float32
  /// IEEE 754 binary16.
  case float16
  /// The upper half of a binary32: eight exponent bits, seven fraction bits.
  case bfloat16

  /// Bytes per element.
  public var byteCount: Int { self == .float32 ? 4 : 2 }
}
