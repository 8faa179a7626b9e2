import Tensor

/// One decoder layer: x + attention(norm(x)), then that + feedForward(norm(that)).
///
/// Forward and backward stand beside each other; `Activations.Layer` lists what the one keeps for the other.
struct DecoderLayer {
  let configuration: ModelConfiguration
  let weights: DecoderTensors<WeightMatrix>.Layer
  /// The gradients of the weights, where the whole model trains.
  let gradients: DecoderTensors<Matrix>.Layer?
  /// The projections in the order of `Projection`.
  let projections: [LinearProjection]
  let rotary: RotaryTable
  let pool: ThreadPool

  /// What attention looks back on.
  enum Context {
    /// Sequences packed one after another, each starting at an offset; the last offset is the token count.
    case packed(offsets: [Int])
    /// One sequence that continues a cache already holding `start` tokens.
    case cached(KVCache, layer: Int, start: Int)
  }

  private var scale: Float { 1 / Float(configuration.headDimension).squareRoot() }

  /// Computes the layer for T tokens.
  ///
  /// - Parameters:
  ///   - output: [T, C], overwritten with the residual stream on leaving the layer; may be `kept.input` where
  ///     no backward follows.
  ///   - kept: the layer's buffers cut to T rows, `input` filled in.
  ///   - shared: the pass's scratch.
  func forward(
    into output: Matrix, kept: Activations.Layer, shared: Activations,
    positions: UnsafeBufferPointer<Int32>, context: Context, dropout: LinearProjection.AdapterDropout?
  ) {
    let tokens = kept.input.rows
    attentionInputs(kept, shared, positions, dropout)
    switch context {
    case .packed(let offsets):
      Attention.forward(
        q: kept.query, k: kept.key, v: kept.value, offsets: offsets,
        headDimension: configuration.headDimension, scale: scale, into: kept.attention,
        logSumExp: kept.logSumExp, scratch: shared.attentionScratch, pool: pool)
    case .cached(let cache, let layer, let start):
      cache.append(keys: kept.key, values: kept.value, layer: layer, at: start)
      Attention.decode(
        q: kept.query, keys: cache.keys(layer: layer, count: start + tokens),
        values: cache.values(layer: layer, count: start + tokens), start: start,
        headDimension: configuration.headDimension, scale: scale, into: kept.attention,
        scratch: shared.attentionScratch, pool: pool)
    }
    if kept.middle.base != kept.input.base { kept.middle.copy(from: kept.input) }
    project(.output, kept.attention, into: kept.middle, accumulates: true, kept, shared, dropout)

    let normalized = shared.normalized.rows(0..<tokens)
    RMSNorm.forward(
      kept.middle, gain: weights.feedForwardNorm.base, epsilon: configuration.normEpsilon, into: normalized,
      rstd: kept.feedForwardRstd.base, pool: pool)
    project(.gate, normalized, into: kept.gate, kept, shared, dropout)
    project(.up, normalized, into: kept.up, kept, shared, dropout)
    let feedForward = shared.feedForward.rows(0..<tokens)
    SwiGLU.forward(gate: kept.gate, up: kept.up, into: feedForward, pool: pool)
    if output.base != kept.middle.base { output.copy(from: kept.middle) }
    project(.down, feedForward, into: output, accumulates: true, kept, shared, dropout)
  }

  private func project(
    _ which: Projection, _ x: Matrix, into y: Matrix, accumulates: Bool = false, _ kept: Activations.Layer,
    _ shared: Activations, _ dropout: LinearProjection.AdapterDropout?
  ) {
    projections[which.rawValue].forward(
      x, into: y, accumulates: accumulates, reduced: kept.reduced(which), scratch: shared.linearScratch,
      dropout: dropout, pool: pool)
  }

  /// Norm, the three input projections, per-head norms and rotation.
  private func attentionInputs(
    _ kept: Activations.Layer, _ shared: Activations, _ positions: UnsafeBufferPointer<Int32>,
    _ dropout: LinearProjection.AdapterDropout?
  ) {
    let tokens = kept.input.rows
    let normalized = shared.normalized.rows(0..<tokens)
    RMSNorm.forward(
      kept.input, gain: weights.attentionNorm.base, epsilon: configuration.normEpsilon, into: normalized,
      rstd: kept.attentionRstd.base, pool: pool)
    project(.query, normalized, into: kept.rawQuery ?? kept.query, kept, shared, dropout)
    project(.key, normalized, into: kept.rawKey ?? kept.key, kept, shared, dropout)
    project(.value, normalized, into: kept.value, kept, shared, dropout)
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
    dropout: LinearProjection.AdapterDropout?
  ) {
    let tokens = kept.input.rows
    let normalized = shared.normalized.rows(0..<tokens)
    let feedForward = shared.feedForward.rows(0..<tokens)
    let dStream = flowing.stream.rows(0..<tokens)
    let dNormalized = flowing.normalized.rows(0..<tokens)
    let dFeedForward = flowing.feedForward.rows(0..<tokens)
    func back(_ which: Projection, _ dx: Matrix?, accumulates: Bool = false, dy: Matrix, x: Matrix) {
      projections[which.rawValue].backward(
        dx, accumulates: accumulates, dy: dy, x: x, reduced: kept.reduced(which),
        dReduced: flowing.reduced?.rows(0..<tokens), dropout: dropout, pool: pool)
    }

    // Feed-forward. The products that training reads are made again from what was kept.
    SwiGLU.forward(gate: kept.gate, up: kept.up, into: feedForward, pool: pool)
    back(.down, dFeedForward, dy: dStream, x: feedForward)
    SwiGLU.backward(
      dGate: kept.gate, dUp: kept.up, dh: dFeedForward, gate: kept.gate, up: kept.up, pool: pool)
    RMSNorm.forward(
      kept.middle, gain: weights.feedForwardNorm.base, epsilon: configuration.normEpsilon, into: normalized,
      rstd: kept.feedForwardRstd.base, pool: pool)
    back(.gate, dNormalized, dy: kept.gate, x: normalized)
    back(.up, dNormalized, accumulates: true, dy: kept.up, x: normalized)
    normBackward(
      dNormalized, addingTo: dStream, x: kept.middle, rstd: kept.feedForwardRstd,
      gain: weights.feedForwardNorm, dGain: gradients?.feedForwardNorm)

    // Attention.
    let dAttention = flowing.attention.rows(0..<tokens)
    back(.output, dAttention, dy: dStream, x: kept.attention)
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

    RMSNorm.forward(
      kept.input, gain: weights.attentionNorm.base, epsilon: configuration.normEpsilon, into: normalized,
      rstd: kept.attentionRstd.base, pool: pool)
    let dInput = needsInputGradient ? dNormalized : nil
    back(.query, dInput, dy: dQuery, x: normalized)
    back(.key, dInput, accumulates: true, dy: dKey, x: normalized)
    back(.value, dInput, accumulates: true, dy: dValue, x: normalized)
    guard needsInputGradient else { return }
    normBackward(
      dNormalized, addingTo: dStream, x: kept.input, rstd: kept.attentionRstd, gain: weights.attentionNorm,
      dGain: gradients?.attentionNorm)
  }

  private func normBackward(
    _ dNormalized: Matrix, addingTo dStream: Matrix, x: Matrix, rstd: Matrix, gain: Matrix, dGain: Matrix?
  ) {
    if let dGain {
      RMSNorm.gainGradient(addingTo: dGain.base, dy: dNormalized, x: x, rstd: rstd.base, pool: pool)
    }
    RMSNorm.backward(
      addingTo: dStream, dy: dNormalized, x: x, rstd: rstd.base, gain: gain.base, pool: pool)
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
