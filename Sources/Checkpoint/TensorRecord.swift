import Tensor

/// What a safetensors header says about one tensor.
public struct TensorRecord: Equatable, Sendable {
  /// The tensor's name.
  public let name: String
  /// The element type as the file spells it, such as `F32` or `I64`.
  public let dtypeName: String
  /// The sizes of the dimensions, outermost first; empty for a scalar.
  public let shape: [Int]
  /// Where the elements are in the file, row-major and little-endian.
  public let byteRange: Range<Int>
}

extension DType {
  /// The type's name in a safetensors header.
  var safetensorsName: String {
    switch self {
    case .float32: "F32"
    case .float16: "F16"
    case .bfloat16: "BF16"
    }
  }

  /// The type with that name in a safetensors header, or nil for one that no trainer of ours computes with.
  init?(safetensorsName name: String) {
    guard let type = DType.allCases.first(where: { $0.safetensorsName == name }) else { return nil }
    self = type
  }
}
