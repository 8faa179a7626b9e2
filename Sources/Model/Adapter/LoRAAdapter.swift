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

  /// The updates of projections that read the same input.
  public struct Group: Sendable {
    /// [n·R, in], the A matrices of the n updates one after another, in the order of `Projection`.
    public let a: Matrix
    /// Their gradients.
    public let dA: Matrix
  }

  /// Rank, alpha and targets.
  public let configuration: LoRAConfiguration
  /// The A and B matrices, under PEFT's names.
  public let parameters: ParameterSet
  /// The pairs by layer, then by projection in the order of `Projection`; nil where there is none.
  public let pairs: [[Pair?]]
  /// The groups by layer, then in the order of `Projection.Group`; nil where nothing is updated.
  public let groups: [[Group?]]

  /// Lays out an adapter for a model, with A and B zero.
  public init(_ configuration: LoRAConfiguration, for model: ModelConfiguration) {
    self.configuration = configuration
    let rank = configuration.rank
    // The A matrices of one input lie together, so that one product serves them all.
    var blocks: [[ParameterSet.Tensor]] = []
    for layer in 0..<model.layerCount {
      for group in Projection.Group.allCases.map(configuration.targets(in:)) where !group.isEmpty {
        let paths = group.map { "base_model.model.model.layers.\(layer).\($0.path)" }
        blocks.append(
          zip(group, paths).map { ($1 + ".lora_A.weight", rank, model.shape(of: $0).input, false) })
        blocks += zip(group, paths).map { [($1 + ".lora_B.weight", model.shape(of: $0).output, rank, false)] }
      }
    }
    let parameters = ParameterSet(blocks: blocks)
    self.parameters = parameters

    var next = 0
    var (pairs, groups): ([[Pair?]], [[Group?]]) = ([], [])
    for _ in 0..<model.layerCount {
      pairs.append(Array(repeating: nil, count: Projection.allCases.count))
      groups.append([])
      for group in Projection.Group.allCases.map(configuration.targets(in:)) {
        let (first, count) = (next, group.count)
        for (place, projection) in group.enumerated() {
          let (a, b) = (first + place, first + count + place)
          pairs[pairs.count - 1][projection.rawValue] = Pair(
            a: parameters.value(a), b: parameters.value(b), dA: parameters.gradient(a),
            dB: parameters.gradient(b))
        }
        groups[groups.count - 1].append(
          count == 0
            ? nil
            : Group(
              a: parameters.values(first..<first + count), dA: parameters.gradients(first..<first + count)))
        next += 2 * count
      }
    }
    (self.pairs, self.groups) = (pairs, groups)
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
