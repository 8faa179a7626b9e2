import Tensor

/// Runs a decoder and its head for one token after another of one sequence.
///
/// It computes what `Decoder.forward` does for a single row, in the four passes over the weights that a layer's data
/// flow allows, so that the threads meet as rarely as they can: at the speed of memory a layer takes tens of
/// microseconds, and a meeting takes one.
final class DecodeStep {
  /// [1, V], the logits that follow the last token.
  let logits: Matrix

  private struct Layer {
    let tensors: DecoderTensors<WeightMatrix>.Layer
    /// Query, key and value; output; gate and up; down.
    let attentionInputs, attentionOutput, feedForwardInputs, feedForwardOutput: RowProducts
  }

  /// Owns the memory that every matrix here points into.
  private let workspace: Workspace
  private let updates: Updates
  private let decoder: Decoder
  private let cache: KVCache
  private let layers: [Layer]
  private let head: RowProducts

  /// [1, C], the residual stream.
  private let stream: Matrix
  /// [1, C], [1, H·D] and [1, F]: what products read.
  private let normalized, attention, feedForward: RowInput
  /// [1, H·D], [1, K·D], [1, K·D], [1, F] and [1, F]: what products write.
  private let query, key, value, gate, up: Matrix
  /// [1, H], the statistics of norms, which nothing reads.
  private let rstd: Matrix
  private let rowAttention: RowAttention

  /// The adapter of a decoder as a step reads it.
  struct Updates {
    /// Layer by layer, in the order of `Projection`; empty without an adapter.
    let layers: [[RowUpdate?]]
    /// Owns their memory, in one piece: hundreds of mappings of a few KiB would miss the address cache at each.
    fileprivate let workspace: Workspace

    /// Copies the adapter.
    init(of decoder: Decoder) {
      func layOut(_ workspace: Workspace) -> [[RowUpdate?]] {
        zip(decoder.adapter?.pairs ?? [], decoder.weights.layers).map { pairs, layer in
          zip(pairs, layer.projections).map { pair, weight in
            pair.map {
              RowUpdate(
                rank: $0.a.rows, outputs: weight.rows, inputs: weight.columns, format: weight.format,
                workspace: workspace)
            }
          }
        }
      }
      let plan = Workspace.planning()
      _ = layOut(plan)
      workspace = Workspace(byteCount: plan.byteCount)
      layers = layOut(workspace)
      guard let adapter = decoder.adapter else { return }
      for case (let pair?, let update?) in zip(adapter.pairs.joined(), layers.joined()) {
        update.hold(a: pair.a, b: pair.b, scaling: adapter.configuration.scaling, pool: decoder.pool)
      }
    }
  }

  /// Takes the buffers from a workspace.
  ///
  /// - Parameter updates: of the same decoder.
  init(_ decoder: Decoder, updates: Updates, cache: KVCache, workspace: Workspace) {
    let configuration = decoder.configuration
    let (c, f, v) = (configuration.hiddenSize, configuration.intermediateSize, configuration.vocabularySize)
    let (h, k, d) = (configuration.headCount, configuration.keyValueHeadCount, configuration.headDimension)
    func take(_ columns: Int) -> Matrix { workspace.take("decode", rows: 1, columns: columns) }
    self.workspace = workspace
    self.updates = updates
    self.decoder = decoder
    self.cache = cache
    let formats = Set(
      decoder.weights.layers.flatMap { $0.projections.map(\.format) } + [decoder.weights.head.format]
        + updates.layers.joined().compactMap { $0?.format })
    let normalized = RowInput(columns: c, formats: formats, workspace: workspace)
    let attention = RowInput(columns: h * d, formats: formats, workspace: workspace)
    let feedForward = RowInput(columns: f, formats: formats, workspace: workspace)
    let (stream, logits) = (take(c), take(v))
    let (query, key, value, gate, up) = (take(h * d), take(k * d), take(k * d), take(f), take(f))
    layers = decoder.weights.layers.indices.map { index in
      let tensors = decoder.weights.layers[index]
      func products(
        of input: RowInput, accumulates: Bool = false, _ targets: KeyValuePairs<Projection, Matrix>
      ) -> RowProducts {
        let members = targets.map { projection, y in
          RowProducts.Member(
            tensors.projections[projection.rawValue], bias: tensors.biases[projection.rawValue],
            update: updates.layers.isEmpty ? nil : updates.layers[index][projection.rawValue], into: y,
            accumulates: accumulates)
        }
        return RowProducts(
          input, members, threadCount: decoder.pool.threadCount, workspace: workspace)
      }
      return Layer(
        tensors: tensors,
        attentionInputs: products(of: normalized, [.query: query, .key: key, .value: value]),
        attentionOutput: products(of: attention, accumulates: true, [.output: stream]),
        feedForwardInputs: products(of: normalized, [.gate: gate, .up: up]),
        feedForwardOutput: products(of: feedForward, accumulates: true, [.down: stream]))
    }
    head = RowProducts(
      normalized, [RowProducts.Member(decoder.weights.head, into: logits)],
      threadCount: decoder.pool.threadCount, workspace: workspace)
    (self.stream, self.logits) = (stream, logits)
    (self.normalized, self.attention, self.feedForward) = (normalized, attention, feedForward)
    (self.query, self.key, self.value, self.gate, self.up) = (query, key, value, gate, up)
    rstd = take(max(h, k))
    rowAttention = RowAttention(
      heads: h, keyValueHeads: k, headDimension: d, maxTokens: cache.capacity,
      threadCount: decoder.pool.threadCount, workspace: workspace)
  }

  /// Feeds the token at `position`, whose predecessors the cache holds, and computes the logits that follow it.
  func advance(token: Int32, position: Int) {
    withUnsafePointer(to: token) { token in
      Embedding.forward(
        table: decoder.weights.embedding, ids: UnsafeBufferPointer(start: token, count: 1), into: stream,
        pool: decoder.pool)
    }
    for index in layers.indices { run(layers[index], index, position) }
    computeLogits()
  }

  /// Computes the logits that follow a row of the residual stream after the last layer.
  ///
  /// - Parameter row: [1, C].
  func computeLogits(of row: Matrix) {
    stream.copy(from: row)
    computeLogits()
  }

  private func computeLogits() {
    normalize(stream, decoder.weights.finalNorm, into: normalized)
    head.compute(pool: decoder.pool)
  }

  private func run(_ layer: Layer, _ index: Int, _ position: Int) {
    let (configuration, pool) = (decoder.configuration, decoder.pool)
    // What a call begins with comes while nothing else is read.
    layer.attentionInputs.prefetchUpdates()
    normalize(stream, layer.tensors.attentionNorm, into: normalized)
    layer.attentionInputs.compute(pool: pool)
    rotate(query, layer.tensors.queryNorm, position)
    rotate(key, layer.tensors.keyNorm, position)
    cache.append(keys: key, values: value, layer: index, at: position, pool: pool)
    layer.attentionOutput.prefetchUpdates()
    rowAttention.forward(
      q: query, keys: cache.keys(layer: index, count: position + 1),
      values: cache.values(layer: index, count: position + 1), scale: configuration.attentionScale,
      into: attention.values, pool: pool)
    attention.prepare()
    layer.attentionOutput.compute(pool: pool)

    layer.feedForwardInputs.prefetchUpdates()
    normalize(stream, layer.tensors.feedForwardNorm, into: normalized)
    layer.feedForwardInputs.compute(pool: pool)
    layer.feedForwardOutput.prefetchUpdates()
    SwiGLU.forward(gate: gate, up: up, into: feedForward.values, pool: pool)
    feedForward.prepare()
    layer.feedForwardOutput.compute(pool: pool)
  }

  private func normalize(_ x: Matrix, _ gain: Matrix, into input: RowInput) {
    RMSNorm.forward(
      x, gain: gain.base, epsilon: decoder.configuration.normEpsilon, into: input.values, rstd: rstd.base,
      pool: decoder.pool)
    input.prepare()
  }

  /// Normalises each head where the family does, and rotates it.
  private func rotate(_ heads: Matrix, _ gain: Matrix?, _ position: Int) {
    let (configuration, d) = (decoder.configuration, decoder.configuration.headDimension)
    if let gain {
      let rows = heads.reshaped(rows: heads.count / d, columns: d)
      RMSNorm.forward(
        rows, gain: gain.base, epsilon: configuration.normEpsilon, into: rows, rstd: rstd.base,
        pool: decoder.pool)
    }
    withUnsafePointer(to: Int32(position)) { position in
      RotaryEmbedding.apply(
        to: heads, headDimension: d, positions: UnsafeBufferPointer(start: position, count: 1),
        table: decoder.rotary, inverse: false, pool: decoder.pool)
    }
  }
}
