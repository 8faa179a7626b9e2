import Tensor

/// One decoder layer: x + attention(norm(x)), then that + feedForward(norm(that)).
///
/// Forward and backward stand beside each other; `Activations.Layer` lists what the one keeps for the other.
/// Both compute in float32 or bfloat16, as the buffers are.
struct DecoderLayer {
  let configuration: ModelConfiguration
  let weights: DecoderTensors<WeightMatrix>.Layer
  /// The gradients of the weights, where the whole model trains.
  let gradients: DecoderTensors<Matrix>.Layer?
  /// The projections in the order of `Projection.Group`.
  let groups: [ProjectionGroup]
  let rotary: RotaryTable
  let pool: ThreadPool

  /// What attention looks back on.
  enum Context {
    /// Sequences packed one after another, each starting at an offset; the last offset is the token count.
    case packed(offsets: [Int])
    /// One sequence that continues a cache already holding `start` tokens.
    case cached(KVCache, layer: Int, start: Int)
  }

  private var scale: Float { configuration.attentionScale }

  /// Computes the layer for T tokens.
  ///
  /// - Parameters:
  ///   - stream: [T, C], the residual stream, which the layer adds to.
  ///   - kept: the layer's buffers cut to T rows.
  ///   - shared: the pass's scratch.
  func forward(
    _ stream: Matrix, kept: Activations.Layer, shared: Activations, positions: UnsafeBufferPointer<Int32>,
    context: Context, dropout: ProjectionGroup.AdapterDropout?
  ) {
    let tokens = stream.rows
    attentionInputs(stream, kept, shared, positions, dropout)
    switch context {
    case .packed(let offsets):
      Attention.forward(
        q: kept.query, k: kept.key, v: kept.value, offsets: offsets,
        headDimension: configuration.headDimension, scale: scale, into: kept.attention,
        logSumExp: kept.logSumExp, scratch: shared.attentionScratch, pool: pool)
    case .cached(let cache, let layer, let start):
      cache.append(keys: kept.key, values: kept.value, layer: layer, at: start, pool: pool)
      Attention.decode(
        q: kept.query, keys: cache.keys(layer: layer, count: start + tokens),
        values: cache.values(layer: layer, count: start + tokens), start: start,
        headDimension: configuration.headDimension, scale: scale, into: kept.attention,
        scratch: shared.attentionScratch, pool: pool)
    }
    project(.attentionOutput, kept.attention, kept, shared.linearScratch, dropout, adds: true) { _ in stream }

    let normalized = shared.normalized.rows(0..<tokens)
    RMSNorm.forward(
      stream, gain: weights.feedForwardNorm.base, epsilon: configuration.normEpsilon, into: normalized,
      rstd: kept.feedForwardRstd.base, keeping: kept.middle, pool: pool)
    project(.feedForwardInput, normalized, kept, shared.linearScratch, dropout) {
      $0 == 0 ? kept.gate : kept.up
    }
    let feedForward = shared.feedForward.rows(0..<tokens)
    SwiGLU.forward(gate: kept.gate, up: kept.up, into: feedForward, pool: pool)
    project(.feedForwardOutput, feedForward, kept, shared.linearScratch, dropout, adds: true) { _ in stream }
  }

  /// The outputs of a group's members from their common input; `output` gives each one's place.
  private func project(
    _ which: Projection.Group, _ x: Matrix, _ kept: Activations.Layer, _ scratch: Linear.Scratch,
    _ dropout: ProjectionGroup.AdapterDropout?, adds: Bool = false, _ output: (Int) -> Matrix
  ) {
    let group = groups[which.rawValue]
    let reduced = kept.reduced(which)
    group.reduce(x, into: reduced, dropout: dropout, pool: pool)
    for place in group.members.indices {
      group.members[place].forward(
        x, reduced: reduced, into: output(place), adds: adds, scratch: scratch, pool: pool)
    }
  }

  /// Norm, the three input projections, per-head norms and rotation.
  private func attentionInputs(
    _ stream: Matrix, _ kept: Activations.Layer, _ shared: Activations,
    _ positions: UnsafeBufferPointer<Int32>, _ dropout: ProjectionGroup.AdapterDropout?
  ) {
    let normalized = shared.normalized.rows(0..<stream.rows)
    RMSNorm.forward(
      stream, gain: weights.attentionNorm.base, epsilon: configuration.normEpsilon, into: normalized,
      rstd: kept.attentionRstd.base, keeping: kept.input, pool: pool)
    project(.attentionInput, normalized, kept, shared.linearScratch, dropout) { place in
      switch place {
      case 0: kept.rawQuery ?? kept.query
      case 1: kept.rawKey ?? kept.key
      default: kept.value
      }
    }
    headNorm(kept.rawQuery, weights.queryNorm, into: kept.query, rstd: kept.queryRstd)
    headNorm(kept.rawKey, weights.keyNorm, into: kept.key, rstd: kept.keyRstd)
    rotate(kept.query, positions, inverse: false)
    rotate(kept.key, positions, inverse: false)
  }

  private func rotate(_ heads: Matrix, _ positions: UnsafeBufferPointer<Int32>, inverse: Bool) {
    RotaryEmbedding.apply(
      to: heads, headDimension: configuration.headDimension, positions: positions, table: rotary,
      inverse: inverse, pool: pool)
  }

  private func headNorm(_ raw: Matrix?, _ gain: Matrix?, into normalized: Matrix, rstd: Matrix?) {
    guard let raw, let gain, let rstd else { return }
    RMSNorm.forward(
      perHead(raw), gain: gain.base, epsilon: configuration.normEpsilon, into: perHead(normalized),
      rstd: rstd.base, pool: pool)
  }

  /// The same values with one head a row.
  private func perHead(_ heads: Matrix) -> Matrix {
    let d = configuration.headDimension
    return heads.reshaped(rows: heads.count / d, columns: d)
  }

  /// Turns the gradient of the layer's output into that of its input, adding the gradients of what trains here.
  ///
  /// - Parameters:
  ///   - kept: as the forward left it, `gate` and `up` being overwritten.
  ///   - needsInputGradient: false for the lowest layer with anything to train, whose input gradient nobody
  ///     reads; `stream` then holds no gradient afterwards.
  func backward(
    kept: Activations.Layer, shared: Activations, flowing: Activations.Gradients,
    positions: UnsafeBufferPointer<Int32>, offsets: [Int], needsInputGradient: Bool,
    dropout: ProjectionGroup.AdapterDropout?
  ) {
    guard let input = kept.input, let middle = kept.middle else {
      preconditionFailure("a backward pass over the buffers of an inference pass")
    }
    let tokens = input.rows
    let normalized = shared.normalized.rows(0..<tokens)
    let feedForward = shared.feedForward.rows(0..<tokens)
    let dStream = flowing.stream.rows(0..<tokens)
    let dStreamCopy = flowing.streamCopy?.rows(0..<tokens)
    let dOutput = dStreamCopy ?? dStream
    let dNormalized = flowing.normalized.rows(0..<tokens)
    let dFeedForward = flowing.feedForward.rows(0..<tokens)
    func back(_ which: Projection.Group, into dx: Matrix?, x: () -> Matrix, _ dy: (Int) -> Matrix) {
      let reduced = kept.reduced(which)
      groups[which.rawValue].backward(
        into: dx, dy: dy, x: x, reduced: reduced, dReduced: flowing.reduced(like: reduced), dropout: dropout,
        scratch: shared.linearScratch, pool: pool)
    }

    // Feed-forward. Inputs that were not kept are made again, each just before what reads it.
    let unkeptFeedForward = {
      SwiGLU.backward(
        dGate: kept.gate, dUp: kept.up, h: feedForward, dh: dFeedForward, gate: kept.gate, up: kept.up,
        pool: pool)
      return feedForward
    }
    back(.feedForwardOutput, into: dFeedForward, x: unkeptFeedForward) { _ in dOutput }
    RMSNorm.repeatForward(
      middle, rstd: kept.feedForwardRstd.base, gain: weights.feedForwardNorm.base, into: normalized,
      pool: pool)
    back(.feedForwardInput, into: dNormalized, x: { normalized }) { $0 == 0 ? kept.gate : kept.up }
    normBackward(
      dNormalized, addingTo: dStream, copiedTo: dStreamCopy, x: middle, rstd: kept.feedForwardRstd,
      gain: weights.feedForwardNorm, dGain: gradients?.feedForwardNorm)

    // Attention.
    let dAttention = flowing.attention.rows(0..<tokens)
    back(.attentionOutput, into: dAttention, x: { kept.attention }) { _ in dOutput }
    let (dQuery, dKey, dValue) = (
      flowing.query.rows(0..<tokens), flowing.key.rows(0..<tokens), flowing.value.rows(0..<tokens)
    )
    Attention.backward(
      dq: dQuery, dk: dKey, dv: dValue, dO: dAttention, q: kept.query, k: kept.key, v: kept.value,
      o: kept.attention, logSumExp: kept.logSumExp, offsets: offsets,
      headDimension: configuration.headDimension, scale: scale, scratch: shared.attentionScratch, pool: pool)
    rotate(dQuery, positions, inverse: true)
    rotate(dKey, positions, inverse: true)
    headNormBackward(
      dQuery, kept.rawQuery, weights.queryNorm, rstd: kept.queryRstd, dGain: gradients?.queryNorm)
    headNormBackward(dKey, kept.rawKey, weights.keyNorm, rstd: kept.keyRstd, dGain: gradients?.keyNorm)

    RMSNorm.repeatForward(
      input, rstd: kept.attentionRstd.base, gain: weights.attentionNorm.base, into: normalized, pool: pool)
    back(.attentionInput, into: needsInputGradient ? dNormalized : nil, x: { normalized }) { place in
      switch place {
      case 0: dQuery
      case 1: dKey
      default: dValue
      }
    }
    guard needsInputGradient else { return }
    normBackward(
      dNormalized, addingTo: dStream, copiedTo: dStreamCopy, x: input, rstd: kept.attentionRstd,
      gain: weights.attentionNorm,
      dGain: gradients?.attentionNorm)
  }

  private func normBackward(
    _ dNormalized: Matrix, addingTo dStream: Matrix, copiedTo copy: Matrix?, x: Matrix, rstd: Matrix,
    gain: Matrix, dGain: Matrix?
  ) {
    if let dGain {
      RMSNorm.gainGradient(addingTo: dGain.base, dy: dNormalized, x: x, rstd: rstd.base, pool: pool)
    }
    RMSNorm.backward(
      addingTo: dStream, copiedTo: copy, dy: dNormalized, x: x, rstd: rstd.base, gain: gain.base, pool: pool)
  }

  private func headNormBackward(
    _ dHeads: Matrix, _ raw: Matrix?, _ gain: Matrix?, rstd: Matrix?, dGain: Matrix?
  ) {
    guard let raw, let gain, let rstd else { return }
    let (dy, x) = (perHead(dHeads), perHead(raw))
    if let dGain { RMSNorm.gainGradient(addingTo: dGain.base, dy: dy, x: x, rstd: rstd.base, pool: pool) }
    RMSNorm.backward(into: dy, dy: dy, x: x, rstd: rstd.base, gain: gain.base, pool: pool)
  }
}
