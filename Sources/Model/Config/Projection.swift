/// The seven linear projections of a decoder layer, in the order in which a layer uses them.
public enum Projection: Int, CaseIterable, Sendable {
  case query, key, value, output, gate, up, down

  /// Projections that read the same input.
  public enum Group: Int, CaseIterable, Sendable {
    case attentionInput, attentionOutput, feedForwardInput, feedForwardOutput

    /// The projections in order.
    public var members: [Projection] {
      switch self {
      case .attentionInput: [.query, .key, .value]
      case .attentionOutput: [.output]
      case .feedForwardInput: [.gate, .up]
      case .feedForwardOutput: [.down]
      }
    }
  }

  /// The module's name in Hugging Face checkpoints and in PEFT's `target_modules`.
  public var moduleName: String {
    switch self {
    case .query: "q_proj"
    case .key: "k_proj"
    case .value: "v_proj"
    case .output: "o_proj"
    case .gate: "gate_proj"
    case .up: "up_proj"
    case .down: "down_proj"
    }
  }

  /// The module's path inside a layer.
  public var path: String {
    switch self {
    case .query, .key, .value, .output: "self_attn.\(moduleName)"
    case .gate, .up, .down: "mlp.\(moduleName)"
    }
  }

  /// The projection with this module name.
  public init?(moduleName: String) {
    guard let match = Projection.allCases.first(where: { $0.moduleName == moduleName }) else { return nil }
    self = match
  }
}
