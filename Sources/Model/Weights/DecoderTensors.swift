import Tensor

/// The tensors of a decoder by name: a whole model's weights, or their gradients in the same shape.
///
/// Vectors (norm gains, biases) are matrices of one row.
public struct DecoderTensors: Sendable {
  /// The name and shape of one tensor in a checkpoint.
  public struct Specification: Equatable, Sendable {
    /// The tensor's name in Hugging Face checkpoints.
    public let name: String
    /// Rows; 1 for a vector.
    public let rows: Int
    /// Columns.
    public let columns: Int
    /// Whether the checkpoint stores it with one dimension.
    public let isVector: Bool

    /// The shape as a checkpoint states it.
    public var shape: [Int] { isVector ? [columns] : [rows, columns] }
  }

  /// The tensors of one decoder layer.
  public struct Layer: Sendable {
    /// [1, C], the gain before attention.
    public var attentionNorm: Matrix
    /// [1, C], the gain before the feed-forward layer.
    public var feedForwardNorm: Matrix
    /// [1, D], the per-head gain of queries, where the family has one.
    public var queryNorm: Matrix?
    /// [1, D], the per-head gain of keys, where the family has one.
    public var keyNorm: Matrix?
    /// [output, input] for each projection, in the order of `Projection`.
    public var projections: [Matrix]
    /// [1, output] or nil for each projection, in the order of `Projection`.
    public var biases: [Matrix?]
  }

  /// [V, C].
  public var embedding: Matrix
  /// The layers from the input up.
  public var layers: [Layer]
  /// [1, C], the gain before the head.
  public var finalNorm: Matrix
  /// [V, C]; the embedding itself where the model is tied.
  public var head: Matrix

  /// Collects the tensors of a model, asking `source` for each specification once, in checkpoint order.
  public init(
    _ configuration: ModelConfiguration, from source: (Specification) throws -> Matrix
  ) rethrows {
    func vector(_ name: String, _ count: Int) throws -> Matrix {
      try source(Specification(name: name, rows: 1, columns: count, isVector: true))
    }
    func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> Matrix {
      try source(Specification(name: name, rows: rows, columns: columns, isVector: false))
    }
    let (v, c, d) = (configuration.vocabularySize, configuration.hiddenSize, configuration.headDimension)
    embedding = try matrix("model.embed_tokens.weight", v, c)
    layers = try (0..<configuration.layerCount).map { index in
      let prefix = "model.layers.\(index)."
      return Layer(
        attentionNorm: try vector(prefix + "input_layernorm.weight", c),
        feedForwardNorm: try vector(prefix + "post_attention_layernorm.weight", c),
        queryNorm: configuration.hasQueryKeyNorm ? try vector(prefix + "self_attn.q_norm.weight", d) : nil,
        keyNorm: configuration.hasQueryKeyNorm ? try vector(prefix + "self_attn.k_norm.weight", d) : nil,
        projections: try Projection.allCases.map { projection in
          let shape = configuration.shape(of: projection)
          return try matrix("\(prefix)\(projection.path).weight", shape.output, shape.input)
        },
        biases: try Projection.allCases.map { projection in
          guard configuration.hasBias(projection) else { return nil }
          return try vector("\(prefix)\(projection.path).bias", configuration.shape(of: projection).output)
        })
    }
    finalNorm = try vector("model.norm.weight", c)
    head = configuration.isTied ? embedding : try matrix("lm_head.weight", v, c)
  }

  /// The name and shape of every tensor of a model, in checkpoint order.
  public static func specifications(of configuration: ModelConfiguration) -> [Specification] {
    var list: [Specification] = []
    _ = DecoderTensors(configuration) { specification in
      list.append(specification)
      return Workspace.planning().take(
        specification.name, rows: specification.rows, columns: specification.columns)
    }
    return list
  }
}
