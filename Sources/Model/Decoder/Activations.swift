import Tensor

/// The buffers of a decoder pass, taken from a workspace before the first step.
///
/// A training pass keeps per layer what its backward reads. Normalised inputs and the feed-forward product are
/// not kept: one pass over memory makes them again, and they would be a third of the whole. With
/// `recomputesLayers` only each layer's input is kept, and the layer runs forward once more on the way back.
/// An inference pass keeps nothing: its layers share one set of buffers and update one residual stream.
public final class Activations {
  /// What a pass is for.
  public enum Purpose: Equatable, Sendable {
    /// Forward and backward; `recomputesLayers` trades a second forward for memory.
    case training(recomputesLayers: Bool)
    /// Forward only.
    case inference
  }

  /// What one layer's forward leaves for its backward.
  struct Layer {
    /// [T, C], the residual stream on entry.
    let input: Matrix
    /// [T, 1], the r of the attention norm.
    let attentionRstd: Matrix
    /// [T, H·D] and [T, K·D], before the per-head norms; nil where the family has none.
    let rawQuery: Matrix?
    let rawKey: Matrix?
    /// [T·H, 1] and [T·K, 1], the r of the per-head norms.
    let queryRstd: Matrix?
    let keyRstd: Matrix?
    /// [T, H·D], [T, K·D] and [T, K·D], as attention reads them.
    let query: Matrix
    let key: Matrix
    let value: Matrix
    /// [T, H·D], the heads' outputs.
    let attention: Matrix
    /// [T, H], the log-sum-exp of the attention scores.
    let logSumExp: Matrix
    /// [T, C], the residual stream between attention and feed-forward.
    let middle: Matrix
    /// [T, 1], the r of the feed-forward norm.
    let feedForwardRstd: Matrix
    /// [T, F]; the backward replaces both by their gradients.
    let gate: Matrix
    let up: Matrix
    /// [T, R] for each projection with an update, never cut: a shorter copy of the list would be an allocation
    /// in every layer of every step.
    let allReduced: [Matrix?]

    /// [T, R], the reduced input of a projection with an update.
    func reduced(_ projection: Projection) -> Matrix? {
      allReduced[projection.rawValue]?.rows(0..<input.rows)
    }

    /// The same buffers cut to the first `tokens` rows, with `input` in place of this one's.
    func prefix(_ tokens: Int, heads: Int, keyValueHeads: Int, input: Matrix? = nil) -> Layer {
      Layer(
        input: (input ?? self.input).rows(0..<tokens), attentionRstd: attentionRstd.rows(0..<tokens),
        rawQuery: rawQuery?.rows(0..<tokens), rawKey: rawKey?.rows(0..<tokens),
        queryRstd: queryRstd?.rows(0..<tokens * heads), keyRstd: keyRstd?.rows(0..<tokens * keyValueHeads),
        query: query.rows(0..<tokens), key: key.rows(0..<tokens), value: value.rows(0..<tokens),
        attention: attention.rows(0..<tokens), logSumExp: logSumExp.rows(0..<tokens),
        middle: middle.rows(0..<tokens), feedForwardRstd: feedForwardRstd.rows(0..<tokens),
        gate: gate.rows(0..<tokens), up: up.rows(0..<tokens), allReduced: allReduced)
    }
  }

  /// The most tokens that a pass may have.
  public let tokenCapacity: Int
  /// What the buffers are for.
  public let purpose: Purpose

  /// Owns the memory that every matrix here points into.
  private let workspace: Workspace

  /// The residual stream on entry to each layer, and after the last.
  let streams: [Matrix]
  let layers: [Layer]
  /// [T, C], a normalised input.
  let normalized: Matrix
  /// [T, F], silu(gate)·up.
  let feedForward: Matrix
  let attentionScratch: AttentionScratch
  let linearScratch: Linear.Scratch
  /// The gradients in flight; nil for inference.
  let gradients: Gradients?
  /// Scratch for dropout on adapter inputs; nil without dropout.
  let dropped: Matrix?

  /// The gradients that a backward pass carries from layer to layer.
  struct Gradients {
    /// [T, C], with respect to the residual stream.
    let stream: Matrix
    /// [T, C], with respect to a normalised input.
    let normalized: Matrix
    /// [T, F], with respect to silu(gate)·up.
    let feedForward: Matrix
    /// [T, H·D], [T, K·D], [T, K·D] and [T, H·D].
    let query: Matrix
    let key: Matrix
    let value: Matrix
    let attention: Matrix
    /// [T, R].
    let reduced: Matrix?
  }

  /// Takes the buffers for a decoder's passes of at most `tokenCapacity` tokens from `workspace`.
  public init(_ decoder: Decoder, tokenCapacity: Int, purpose: Purpose, workspace: Workspace) {
    let (configuration, adapter) = (decoder.configuration, decoder.adapter?.configuration)
    let threadCount = decoder.pool.threadCount
    let t = tokenCapacity
    let (c, f) = (configuration.hiddenSize, configuration.intermediateSize)
    let (h, k, d) = (configuration.headCount, configuration.keyValueHeadCount, configuration.headDimension)
    func take(_ name: String, _ rows: Int, _ columns: Int) -> Matrix {
      workspace.take(name, rows: rows, columns: columns)
    }
    self.workspace = workspace
    self.tokenCapacity = t
    self.purpose = purpose

    let keepsEveryLayer = purpose == .training(recomputesLayers: false)
    let isTraining = purpose != .inference
    let streamCount = isTraining ? configuration.layerCount + 1 : 1
    let streams = (0..<streamCount).map { _ in take("residual stream", t, c) }
    self.streams = streams
    layers = (0..<(keepsEveryLayer ? configuration.layerCount : 1)).map { index in
      Layer(
        input: streams[index],
        attentionRstd: take("norm statistics", t, 1),
        rawQuery: configuration.hasQueryKeyNorm ? take("queries before norm", t, h * d) : nil,
        rawKey: configuration.hasQueryKeyNorm ? take("keys before norm", t, k * d) : nil,
        queryRstd: configuration.hasQueryKeyNorm ? take("norm statistics", t * h, 1) : nil,
        keyRstd: configuration.hasQueryKeyNorm ? take("norm statistics", t * k, 1) : nil,
        query: take("queries", t, h * d), key: take("keys", t, k * d), value: take("values", t, k * d),
        attention: take("attention output", t, h * d), logSumExp: take("attention statistics", t, h),
        middle: isTraining ? take("residual stream", t, c) : streams[0],
        feedForwardRstd: take("norm statistics", t, 1), gate: take("feed-forward gate", t, f),
        up: take("feed-forward up", t, f),
        allReduced: Projection.allCases.map { projection in
          guard let adapter, adapter.targets.contains(projection) else { return nil }
          return take("adapter", t, adapter.rank)
        })
    }
    normalized = take("scratch", t, c)
    feedForward = take("scratch", t, f)
    attentionScratch = AttentionScratch(
      workspace: workspace, heads: h, keyValueHeads: k, headDimension: d, maxTokens: isTraining ? t : 0,
      threadCount: threadCount)
    linearScratch = Linear.Scratch(
      decoder.weights.layers.first?.projections ?? [], workspace: workspace, threadCount: threadCount)
    dropped =
      isTraining && (adapter?.dropout ?? 0) > 0 ? take("adapter dropout", t, max(c, f, h * d)) : nil
    gradients =
      isTraining
      ? Gradients(
        stream: take("gradients", t, c), normalized: take("gradients", t, c),
        feedForward: take("gradients", t, f), query: take("gradients", t, h * d),
        key: take("gradients", t, k * d), value: take("gradients", t, k * d),
        attention: take("gradients", t, h * d), reduced: adapter.map { take("adapter", t, $0.rank) })
      : nil
  }
}
