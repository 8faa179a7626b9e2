/// The shape of a Llama-family decoder, read from a Hugging Face `config.json`.
///
/// Shape letters used throughout: T tokens, C hidden size, H query heads, K key-value heads, D head dimension,
/// F feed-forward size, V vocabulary, R rank.
public struct ModelConfiguration: Equatable, Sendable {
  /// The model families whose layers this package computes.
  public enum Family: String, CaseIterable, Sendable {
    case llama, mistral, qwen2, qwen3
  }

  /// The family named by `model_type`.
  public var family: Family
  /// V, the number of token embeddings.
  public var vocabularySize: Int
  /// C, the width of the residual stream.
  public var hiddenSize: Int
  /// F, the width of the feed-forward layer.
  public var intermediateSize: Int
  /// The number of decoder layers.
  public var layerCount: Int
  /// H, the number of query heads.
  public var headCount: Int
  /// K, the number of key-value heads; H is a multiple of it.
  public var keyValueHeadCount: Int
  /// D, the width of one head.
  public var headDimension: Int
  /// The ε of every RMSNorm.
  public var normEpsilon: Float
  /// The base θ of the rotary position embedding.
  public var rotaryTheta: Double
  /// The stretching of the rotary position embedding.
  public var rotaryScaling: RotaryScaling
  /// The longest sequence that the model was made for, in tokens: the smaller of its position range and its
  /// attention window.
  public var contextLength: Int
  /// Whether the language-model head is the embedding table.
  public var isTied: Bool
  /// Whether query, key and value projections add a bias.
  public var hasAttentionInputBias: Bool
  /// Whether the output projection adds a bias.
  public var hasAttentionOutputBias: Bool
  /// Whether queries and keys are normalised per head before rotation.
  public var hasQueryKeyNorm: Bool
  /// The token that opens a sequence, if any.
  public var beginningOfText: Int32?
  /// The tokens that end a text.
  public var endOfText: [Int32]

  /// Makes the configuration of a Llama-layout model, as `pretrain` starts from.
  public init(
    vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layerCount: Int, headCount: Int,
    keyValueHeadCount: Int, contextLength: Int, rotaryTheta: Double = 10_000, normEpsilon: Float = 1e-5,
    endOfText: [Int32]
  ) {
    family = .llama
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    headDimension = hiddenSize / max(headCount, 1)
    self.normEpsilon = normEpsilon
    self.rotaryTheta = rotaryTheta
    rotaryScaling = .none
    self.contextLength = contextLength
    isTied = true
    hasAttentionInputBias = false
    hasAttentionOutputBias = false
    hasQueryKeyNorm = false
    beginningOfText = nil
    self.endOfText = endOfText
  }

  /// The output and input widths of a projection.
  public func shape(of projection: Projection) -> (output: Int, input: Int) {
    switch projection {
    case .query: (headCount * headDimension, hiddenSize)
    case .key, .value: (keyValueHeadCount * headDimension, hiddenSize)
    case .output: (hiddenSize, headCount * headDimension)
    case .gate, .up: (intermediateSize, hiddenSize)
    case .down: (hiddenSize, intermediateSize)
    }
  }

  /// Whether a projection adds a bias.
  public func hasBias(_ projection: Projection) -> Bool {
    switch projection {
    case .query, .key, .value: hasAttentionInputBias
    case .output: hasAttentionOutputBias
    case .gate, .up, .down: false
    }
  }

  /// The factor on attention scores, 1/√D.
  var attentionScale: Float { 1 / Float(headDimension).squareRoot() }

  /// The number of parameters, a tied head counted once.
  public var parameterCount: Int {
    tensorSpecifications.reduce(0) { $0 + $1.rows * $1.columns }
  }
}
