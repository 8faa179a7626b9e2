import Tensor

/// The tensors of a decoder by name: a whole model's weights, or their gradients in the same shape.
///
/// `Weight` holds the large matrices: `WeightMatrix` where they are read in the format they are held in, `Matrix`
/// where they are gradients. Vectors (norm gains, biases) are float32 matrices of one row.
public struct DecoderTensors<Weight: Sendable>: Sendable {
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
    public var projections: [Weight]
    /// [1, output] or nil for each projection, in the order of `Projection`.
    public var biases: [Matrix?]
  }

  /// [V, C].
  public var embedding: Weight
  /// The layers from the input up.
  public var layers: [Layer]
  /// [1, C], the gain before the head.
  public var finalNorm: Matrix
  /// [V, C]; the embedding itself where the model is tied.
  public var head: Weight

  /// Collects the tensors of a model, asking one of the sources for each specification once, in checkpoint order.
  public init(
    _ configuration: ModelConfiguration, matrices: (TensorSpecification) throws -> Weight,
    vectors: (TensorSpecification) throws -> Matrix
  ) rethrows {
    func vector(_ name: String, _ count: Int) throws -> Matrix {
      try vectors(TensorSpecification(name: name, rows: 1, columns: count, isVector: true))
    }
    func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> Weight {
      try matrices(TensorSpecification(name: name, rows: rows, columns: columns, isVector: false))
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
}
