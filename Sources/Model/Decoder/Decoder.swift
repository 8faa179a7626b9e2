import Tensor

/// A Llama-family decoder: embedding, layers, final norm and language-model head, with an explicit backward.
///
/// Either nothing trains (drafting, evaluation), or the adapter does (fine-tuning), or every weight does
/// (pretraining), through the same layers.
public final class Decoder: Sendable {
  /// The model's shape.
  public let configuration: ModelConfiguration
  /// The weights, read only unless `gradients` is given.
  public let weights: DecoderTensors<WeightMatrix>
  /// The low-rank updates, if any.
  public let adapter: LoRAAdapter?
  /// The type in which passes compute unless told otherwise: that of the operands of their products, whose sums are
  /// float32.
  public let dtype: DType
  /// The threads that every pass runs on.
  public let pool: ThreadPool

  /// The gradients of the weights, where the whole model trains.
  let gradients: DecoderTensors<Matrix>?
  private let layers: [DecoderLayer]
  /// Keeps the memory behind `weights` and `gradients` alive.
  private let owner: any Sendable
  let rotary: RotaryTable

  /// Assembles a decoder.
  ///
  /// - Parameters:
  ///   - owner: whatever owns the memory that `weights` and `gradients` point into.
  ///   - dtype: `float32` or `bfloat16`; gradients of weights need `float32`.
  ///   - maxPositions: the longest sequence that will be asked for.
  public init(
    _ configuration: ModelConfiguration, weights: DecoderTensors<WeightMatrix>,
    gradients: DecoderTensors<Matrix>? = nil, owner: any Sendable, adapter: LoRAAdapter?,
    dtype: DType = .float32, maxPositions: Int, pool: ThreadPool
  ) {
    precondition(gradients == nil || dtype == .float32, "gradients of weights in \(dtype)")
    self.configuration = configuration
    self.weights = weights
    self.gradients = gradients
    self.owner = owner
    self.adapter = adapter
    self.dtype = dtype
    self.pool = pool
    let rotary = RotaryTable(
      inverseFrequencies: configuration.rotaryScaling.inverseFrequencies(
        theta: configuration.rotaryTheta, headDimension: configuration.headDimension),
      maxPositions: maxPositions)
    self.rotary = rotary
    layers = weights.layers.indices.map { index in
      let layer = weights.layers[index]
      let dLayer = gradients?.layers[index]
      return DecoderLayer(
        configuration: configuration, weights: layer, gradients: dLayer,
        groups: Projection.Group.allCases.map { group in
          let updated = adapter?.configuration.targets(in: group) ?? []
          let rank = adapter?.configuration.rank ?? 0
          return ProjectionGroup(
            members: group.members.map { projection in
              let place = projection.rawValue
              let first = rank * (updated.firstIndex(of: projection) ?? 0)
              return LinearProjection(
                weight: layer.projections[place], bias: layer.biases[place],
                dWeight: dLayer?.projections[place], dBias: dLayer?.biases[place],
                update: adapter?.pairs[index][place], reducedColumns: first..<first + rank,
                site: index * Projection.allCases.count + place)
            }, stack: adapter?.groups[index][group.rawValue], scaling: adapter?.configuration.scaling ?? 0)
        }, rotary: rotary, pool: pool)
    }
  }

  /// Packed sequences: token ids one after another, positions that restart in each, and where each starts.
  public struct Tokens {
    /// [T], every id below the vocabulary size.
    public let ids: UnsafeBufferPointer<Int32>
    /// [T], each token's position in its own sequence.
    public let positions: UnsafeBufferPointer<Int32>
    /// The first token of each sequence, then T.
    public let offsets: [Int]

    /// Names the parts of a batch; the caller keeps the memory alive.
    public init(ids: UnsafeBufferPointer<Int32>, positions: UnsafeBufferPointer<Int32>, offsets: [Int]) {
      precondition(
        ids.count == positions.count && offsets.last == ids.count,
        "\(ids.count) ids, \(positions.count) positions, offsets end at \(offsets.last ?? -1)")
      self.ids = ids
      self.positions = positions
      self.offsets = offsets
    }
  }

  /// Runs the layers over packed sequences.
  ///
  /// - Parameters:
  ///   - dropoutSeed: chooses the adapter's dropout mask; nil, as in evaluation, drops nothing.
  /// - Returns: [T, C], the residual stream after the last layer, before the final norm. It belongs to
  ///   `activations`.
  @discardableResult
  public func forward(_ tokens: Tokens, activations: Activations, dropoutSeed: UInt64? = nil) -> Matrix {
    forward(
      ids: tokens.ids, positions: tokens.positions, context: { _ in .packed(offsets: tokens.offsets) },
      activations: activations, dropoutSeed: dropoutSeed)
  }

  /// Runs the layers over the next tokens of one sequence, whose earlier tokens `cache` holds.
  ///
  /// - Parameters:
  ///   - start: the number of tokens already in the cache; the positions are `start`, `start` + 1, ….
  /// - Returns: as above.
  public func forward(
    ids: UnsafeBufferPointer<Int32>, positions: UnsafeBufferPointer<Int32>, cache: KVCache, start: Int,
    activations: Activations
  ) -> Matrix {
    precondition(start + ids.count <= cache.capacity, "\(start) + \(ids.count) tokens in \(cache.capacity)")
    return forward(
      ids: ids, positions: positions, context: { .cached(cache, layer: $0, start: start) },
      activations: activations, dropoutSeed: nil)
  }

  private func forward(
    ids: UnsafeBufferPointer<Int32>, positions: UnsafeBufferPointer<Int32>,
    context: (Int) -> DecoderLayer.Context, activations: Activations, dropoutSeed: UInt64?
  ) -> Matrix {
    precondition(
      ids.count <= activations.tokenCapacity, "\(ids.count) tokens in \(activations.tokenCapacity)")
    let stream = activations.stream.rows(0..<ids.count)
    Embedding.forward(table: weights.embedding, ids: ids, into: stream, pool: pool)
    let dropout = dropout(activations, seed: dropoutSeed)
    for index in layers.indices {
      if !activations.checkpoints.isEmpty {
        Elementwise.copy(stream, to: activations.checkpoints[index].rows(0..<ids.count), pool: pool)
      }
      layers[index].forward(
        stream, kept: kept(index, activations, ids.count), shared: activations, positions: positions,
        context: context(index), dropout: dropout)
    }
    return stream
  }

  /// Turns a gradient of the stream after the last layer into gradients of everything that trains.
  ///
  /// - Parameters:
  ///   - tokens: as given to the forward call.
  ///   - activations: as the forward call left them, the gradient written to `streamGradient`.
  ///   - dropoutSeed: as given to the forward call.
  public func backward(_ tokens: Tokens, activations: Activations, dropoutSeed: UInt64? = nil) {
    guard let flowing = activations.gradients, let lowest = lowestTrainedLayer else { return }
    let count = tokens.ids.count
    let dropout = dropout(activations, seed: dropoutSeed)
    if let copy = flowing.streamCopy {
      Elementwise.copy(flowing.stream.rows(0..<count), to: copy.rows(0..<count), pool: pool)
    }
    for index in layers.indices.reversed() where index >= lowest {
      let kept = kept(index, activations, count)
      if !activations.checkpoints.isEmpty {
        let stream = activations.stream.rows(0..<count)
        Elementwise.copy(activations.checkpoints[index].rows(0..<count), to: stream, pool: pool)
        layers[index].forward(
          stream, kept: kept, shared: activations, positions: tokens.positions,
          context: .packed(offsets: tokens.offsets), dropout: dropout)
      }
      layers[index].backward(
        kept: kept, shared: activations, flowing: flowing, positions: tokens.positions,
        offsets: tokens.offsets, needsInputGradient: index > lowest || gradients != nil, dropout: dropout)
    }
    if let gradients {
      Embedding.backward(
        addingTo: gradients.embedding, dy: flowing.stream.rows(0..<count), ids: tokens.ids, pool: pool)
    }
  }

  /// [T, C], where the gradient of the stream after the last layer goes before `backward`.
  public func streamGradient(_ activations: Activations, tokens: Int) -> Matrix? {
    activations.gradients?.stream.rows(0..<tokens)
  }

  /// The lowest layer with anything to train: nothing below it needs a gradient.
  private var lowestTrainedLayer: Int? {
    layers.firstIndex { $0.groups.contains { $0.members.contains { $0.trains } } }
  }

  private func kept(_ layer: Int, _ activations: Activations, _ tokens: Int) -> Activations.Layer {
    activations.layers[min(layer, activations.layers.count - 1)].prefix(
      tokens, heads: configuration.headCount, keyValueHeads: configuration.keyValueHeadCount)
  }

  private func dropout(_ activations: Activations, seed: UInt64?) -> ProjectionGroup.AdapterDropout? {
    guard let seed, let dropped = activations.dropped, let rate = adapter?.configuration.dropout else {
      return nil
    }
    return ProjectionGroup.AdapterDropout(rate: Float(rate), seed: seed, dropped: dropped)
  }
}
