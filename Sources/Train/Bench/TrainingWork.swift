import Model

/// The floating-point operations that one token of a training step takes, counted by formula.
///
/// A product of [m, k] and [k, n] counts 2·m·k·n. With R the rank, and every token labelled:
///
/// | part | operations per token |
/// |---|---|
/// | frozen projections | 2·out·in forward and 2·out·in for the input's gradient |
/// | head | 2·V·C forward and 2·V·C for the hidden state's gradient |
/// | adapter, a projection | 2·R·(in + out) forward; dB and dy·B 2·R·out each, dA and dx 2·R·in each |
/// | attention, a layer | 4·H·D forward and 8·H·D backward for each key that a query sees, (T + 1) / 2 of them |
///
/// Nothing below the lowest layer's query, key and value trains, so their input gradients are never formed and not
/// counted. Neither are what is computed twice (attention scores, recomputed layers) and elementwise work: the
/// formula counts what any trainer must do.
public struct TrainingWork: Equatable, Sendable {
  /// Products with the layers' frozen weights.
  public let frozen: Double
  /// Products with the language-model head.
  public let head: Double
  /// Products with the adapter's matrices.
  public let adapter: Double
  /// Products between queries, keys, values and their gradients.
  public let attention: Double

  /// The sum.
  public var total: Double { frozen + head + adapter + attention }

  /// Counts for sequences of `sequenceLength` input tokens, all labelled.
  public init(_ model: ModelConfiguration, adapter lora: LoRAConfiguration, sequenceLength: Int) {
    var (frozen, adapter) = (0.0, 0.0)
    for layer in 0..<model.layerCount {
      for projection in Projection.allCases {
        let (output, input) = model.shape(of: projection)
        let needsInputGradient = layer > 0 || ![.query, .key, .value].contains(projection)
        frozen += Double(2 * output * input) * (needsInputGradient ? 2 : 1)
        guard lora.targets.contains(projection) else { continue }
        adapter += Double(2 * lora.rank) * Double(3 * output + (needsInputGradient ? 3 : 2) * input)
      }
    }
    self.frozen = frozen
    self.adapter = adapter
    head = Double(4 * model.vocabularySize * model.hiddenSize)
    let keys = Double(sequenceLength + 1) / 2
    attention = Double(12 * model.layerCount * model.headCount * model.headDimension) * keys
  }
}
