import Tensor

/// The name and shape of one tensor in a checkpoint.
public struct TensorSpecification: Equatable, Sendable {
  /// The tensor's name in Hugging Face checkpoints.
  public let name: String
  /// Rows; 1 for a vector.
  public let rows: Int
  /// Columns.
  public let columns: Int
  /// Whether the checkpoint stores it with one dimension.
  public let isVector: Bool

  /// Whether it is the weight of a layer's linear projection.
  public var isProjection: Bool { !isVector && name.hasPrefix("model.layers.") }

  /// The shape as a checkpoint states it.
  public var shape: [Int] { isVector ? [columns] : [rows, columns] }
}

extension ModelConfiguration {
  /// The name and shape of every tensor of the model, in checkpoint order.
  public var tensorSpecifications: [TensorSpecification] {
    var list: [TensorSpecification] = []
    _ = DecoderTensors(self) { specification in
      list.append(specification)
      return specification
    } vectors: { specification in
      list.append(specification)
      return Workspace.planning().take(specification.name, rows: 1, columns: specification.columns)
    }
    return list
  }
}
