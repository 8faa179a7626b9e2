import Tensor

/// The buffers of a decoder pass, taken from a workspace before the first step.
///
/// The residual stream and its gradient are float32; everything that a product reads is of the pass's own type,
/// float32 or bfloat16. A training pass keeps per layer what its backward reads. Normalised inputs and the
/// feed-forward product are not kept: one pass over memory makes them again, and they would be a third of the
/// whole. With `recomputesLayers` only each layer's input is kept, in float32, and the layer runs forward once
/// more on the way back. An inference pass keeps nothing: its layers share one set of buffers.
public final class Activations {
  /// What a pass is for.
  public enum Purpose: Equatable, Sendable {
    /// Forward and backward; `recomputesLayers` trades a second forward for memory.
    case training(recomputesLayers: Bool)
    /// Forward only.
    case inference
  }

  /// What one layer's forward leaves for its backward. What is not float32 for certain is of the pass's type.
  struct Layer {
    /// [T, C], the residual stream on entry; nil where no backward follows.
    let input: Matrix?
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
    /// [T, H], float32, the log-sum-exp of the attention scores.
    let logSumExp: Matrix
    /// [T, C], the residual stream between attention and feed-forward; nil where no backward follows.
    let middle: Matrix?
    /// [T, 1], the r of the feed-forward norm.
    let feedForwardRstd: Matrix
    /// [T, F]; the backward replaces both by their gradients.
    let gate: Matrix
    let up: Matrix
    /// [T, n·R] for each group with an update, never cut: a shorter copy of the list would be an allocation in
    /// every layer of every step.
    let allReduced: [Matrix?]

    /// [T, n·R], the reduced inputs of a group with an update.
    func reduced(_ group: Projection.Group) -> Matrix? {
      allReduced[group.rawValue]?.rows(0..<query.rows)
    }

    /// The same buffers cut to the first `tokens` rows.
    func prefix(_ tokens: Int, heads: Int, keyValueHeads: Int) -> Layer {
      Layer(
        input: input?.rows(0..<tokens), attentionRstd: attentionRstd.rows(0..<tokens),
        rawQuery: rawQuery?.rows(0..<tokens), rawKey: rawKey?.rows(0..<tokens),
        queryRstd: queryRstd?.rows(0..<tokens * heads), keyRstd: keyRstd?.rows(0..<tokens * keyValueHeads),
        query: query.rows(0..<tokens), key: key.rows(0..<tokens), value: value.rows(0..<tokens),
        attention: attention.rows(0..<tokens), logSumExp: logSumExp.rows(0..<tokens),
        middle: middle?.rows(0..<tokens), feedForwardRstd: feedForwardRstd.rows(0..<tokens),
        gate: gate.rows(0..<tokens), up: up.rows(0..<tokens), allReduced: allReduced)
    }
  }

  /// The most tokens that a pass may have.
  public let tokenCapacity: Int
  /// What the buffers are for.
  public let purpose: Purpose
  /// The type of what products read.
  public let dtype: DType

  /// Owns the memory that every matrix here points into.
  private let workspace: Workspace

  /// [T, C], float32, the residual stream.
  let stream: Matrix
  /// [T, C], float32, the residual stream on entry to each layer, where layers run again; otherwise empty.
  let checkpoints: [Matrix]
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
    /// [T, C], float32, with respect to the residual stream.
    let stream: Matrix
    /// [T, C], the same in bfloat16, as products read it: whoever writes the one writes the other. Nil in a float32
    /// pass.
    let streamCopy: Matrix?
    /// [T, C], float32, with respect to a normalised input.
    let normalized: Matrix
    /// [T, F], with respect to silu(gate)·up.
    let feedForward: Matrix
    /// [T, H·D], [T, K·D], [T, K·D] and [T, H·D].
    let query: Matrix
    let key: Matrix
    let value: Matrix
    let attention: Matrix
    /// [T, n·R] for the group with the most updates.
    let reduced: Matrix?

    /// [T, n·R], scratch as wide as a group's reduced inputs.
    func reduced(like reduced: Matrix?) -> Matrix? {
      guard let reduced, let scratch = self.reduced else { return nil }
      return Matrix(scratch.address, scratch.dtype, rows: reduced.rows, columns: reduced.columns)
    }
  }

  /// Takes the buffers for a decoder's passes of at most `tokenCapacity` tokens from `workspace`.
  ///
  /// - Parameter dtype: `float32` or `bfloat16`; nil for the decoder's own.
  public init(
    _ decoder: Decoder, dtype: DType? = nil, tokenCapacity: Int, purpose: Purpose, workspace: Workspace
  ) {
    let (configuration, adapter) = (decoder.configuration, decoder.adapter?.configuration)
    let (threadCount, dtype) = (decoder.pool.threadCount, dtype ?? decoder.dtype)
    let t = tokenCapacity
    let (c, f) = (configuration.hiddenSize, configuration.intermediateSize)
    let (h, k, d) = (configuration.headCount, configuration.keyValueHeadCount, configuration.headDimension)
    func single(_ name: String, _ rows: Int, _ columns: Int) -> Matrix {
      workspace.take(name, rows: rows, columns: columns)
    }
    func take(_ name: String, _ rows: Int, _ columns: Int) -> Matrix {
      workspace.take(name, rows: rows, columns: columns, dtype)
    }
    self.workspace = workspace
    self.tokenCapacity = t
    self.purpose = purpose
    self.dtype = dtype

    let isTraining = purpose != .inference
    let keepsEveryLayer = purpose == .training(recomputesLayers: false)
    let reducedWidths = Projection.Group.allCases.map { group in
      adapter.map { $0.rank * $0.targets(in: group).count } ?? 0
    }
    stream = single("residual stream", t, c)
    let recomputes = purpose == .training(recomputesLayers: true)
    checkpoints = (0..<(recomputes ? configuration.layerCount : 0)).map { _ in
      single("residual stream", t, c)
    }
    layers = (0..<(keepsEveryLayer ? configuration.layerCount : 1)).map { _ in
      Layer(
        input: isTraining ? take("residual stream", t, c) : nil,
        attentionRstd: single("norm statistics", t, 1),
        rawQuery: configuration.hasQueryKeyNorm ? take("queries before norm", t, h * d) : nil,
        rawKey: configuration.hasQueryKeyNorm ? take("keys before norm", t, k * d) : nil,
        queryRstd: configuration.hasQueryKeyNorm ? single("norm statistics", t * h, 1) : nil,
        keyRstd: configuration.hasQueryKeyNorm ? single("norm statistics", t * k, 1) : nil,
        query: take("queries", t, h * d), key: take("keys", t, k * d), value: take("values", t, k * d),
        attention: take("attention output", t, h * d), logSumExp: single("attention statistics", t, h),
        middle: isTraining ? take("residual stream", t, c) : nil,
        feedForwardRstd: single("norm statistics", t, 1), gate: take("feed-forward gate", t, f),
        up: take("feed-forward up", t, f),
        allReduced: reducedWidths.map { $0 > 0 ? take("adapter", t, $0) : nil })
    }
    normalized = take("scratch", t, c)
    feedForward = take("scratch", t, f)
    attentionScratch = AttentionScratch(
      workspace: workspace, heads: h, keyValueHeads: k, headDimension: d, maxTokens: isTraining ? t : 0,
      threadCount: threadCount, dtype: dtype)
    linearScratch = Linear.Scratch(
      decoder.weights.layers.flatMap(\.projections), dtype: dtype, workspace: workspace)
    dropped =
      isTraining && (adapter?.dropout ?? 0) > 0 ? take("adapter dropout", t, max(c, f, h * d)) : nil
    gradients =
      isTraining
      ? Gradients(
        stream: single("gradients", t, c),
        streamCopy: dtype == .float32 ? nil : take("gradients", t, c), normalized: single("gradients", t, c),
        feedForward: take("gradients", t, f), query: take("gradients", t, h * d),
        key: take("gradients", t, k * d), value: take("gradients", t, k * d),
        attention: take("gradients", t, h * d),
        reduced: adapter == nil ? nil : take("adapter", t, reducedWidths.max() ?? 0))
      : nil
  }
}
