import Tensor

/// The low-rank updates of a decoder's projections: y = x·Wᵀ + s·(x·Aᵀ)·Bᵀ, with s = alpha / rank.
///
/// A is [R, in] and B is [out, R], PEFT's orientation, so that an adapter file loads by copying.
///
/// - SeeAlso: Hu et al., 2021 (arXiv:2106.09685).
public final class LoRAAdapter: Sendable {
  /// The update of one projection, with its gradients.
  public struct Pair: Sendable {
    /// [R, in].
    public let a: Matrix
    /// [out, R].
    public let b: Matrix
    /// The gradient of `a`.
    public let dA: Matrix
    /// The gradient of `b`.
    public let dB: Matrix
  }

  /// Rank, alpha and targets.
  public let configuration: LoRAConfiguration
  /// The A and B matrices, under PEFT's names.
  public let parameters: ParameterSet
  /// The pairs by layer, then by projection in the order of `Projection`; nil where there is none.
  public let pairs: [[Pair?]]

  /// Lays out an adapter for a model, with A and B zero.
  public init(_ configuration: LoRAConfiguration, for model: ModelConfiguration) {
    self.configuration = configuration
    var tensors: [(name: String, rows: Int, columns: Int, isVector: Bool)] = []
    for layer in 0..<model.layerCount {
      for projection in Projection.allCases where configuration.targets.contains(projection) {
        let (output, input) = model.shape(of: projection)
        let path = "base_model.model.model.layers.\(layer).\(projection.path)"
        tensors.append((path + ".lora_A.weight", configuration.rank, input, false))
        tensors.append((path + ".lora_B.weight", output, configuration.rank, false))
      }
    }
    let parameters = ParameterSet(tensors)
    self.parameters = parameters
    var next = 0
    pairs = (0..<model.layerCount).map { _ in
      Projection.allCases.map { projection in
        guard configuration.targets.contains(projection) else { return nil }
        defer { next += 2 }
        return Pair(
          a: parameters.value(next), b: parameters.value(next + 1), dA: parameters.gradient(next),
          dB: parameters.gradient(next + 1))
      }
    }
  }

  /// Starts the adapter as PEFT does: A Kaiming-uniform with a = √5, which is uniform in ±1/√in, and B zero,
  /// so that a fresh adapter changes no output.
  public func initialize(seed: UInt64) {
    var random = RandomSource(seed: seed, stream: "lora-init")
    for case let pair? in pairs.joined() {
      let bound = 1 / Float(pair.a.columns).squareRoot()
      for index in 0..<pair.a.count { pair.a.base[index] = (2 * random.uniform() - 1) * bound }
      pair.b.fill(0)
    }
  }
}
