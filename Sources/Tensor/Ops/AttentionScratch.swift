/// The working memory of attention, reserved once: block buffers for each thread, and for each token what the
/// backward adds up in parts.
///
/// It serves one call at a time.
public struct AttentionScratch: Sendable {
  /// Query rows of a block, for each head. With the keys of a block, scores stay within a core's cache.
  static let queryBlock = 64
  /// Keys of a block.
  static let keyBlock = 128

  /// A thread's own buffers. Rows of a block are the queries of all heads of a group, head after head.
  struct Slot: Sendable {
    /// [rows, D] each.
    let queries, gradients, accumulator: Matrix
    /// [rows, keys] each, used as contiguous rows of the block's own width.
    let scores, dScores: Matrix
    /// [2, rows]: running maxima and sums in the forward, log-sum-exp and row dots in the backward.
    let statistics: Matrix
  }

  let heads, keyValueHeads, headDimension: Int
  /// Partial sums of dk and dv, [tokens, K·D] each.
  let partialKeys, partialValues: [Matrix]
  private let slots: [Slot]

  /// Takes the buffers from a workspace.
  ///
  /// - Parameters:
  ///   - heads: H, a multiple of `keyValueHeads`.
  ///   - maxTokens: The most tokens of a backward call; 0 where only `forward` and `decode` will be called.
  ///   - threadCount: That of the pool.
  public init(
    workspace: Workspace, heads: Int, keyValueHeads: Int, headDimension: Int, maxTokens: Int, threadCount: Int
  ) {
    precondition(heads % keyValueHeads == 0, "\(heads) heads over \(keyValueHeads)")
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    let rows = heads / keyValueHeads * AttentionScratch.queryBlock
    let backwardRows = maxTokens > 0 ? rows : 0
    slots = (0..<threadCount).map { _ in
      let take = { (rows: Int, columns: Int) in
        workspace.take("attention block", rows: rows, columns: columns)
      }
      return Slot(
        queries: take(rows, headDimension), gradients: take(backwardRows, headDimension),
        accumulator: take(rows, headDimension), scores: take(rows, AttentionScratch.keyBlock),
        dScores: take(backwardRows, AttentionScratch.keyBlock), statistics: take(2, rows))
    }
    let extraParts = AttentionScratch.partLimit(sequences: 1, keyValueHeads: keyValueHeads) - 1
    let takePartial = {
      (0..<extraParts).map { _ in
        workspace.take("attention gradients", rows: maxTokens, columns: keyValueHeads * headDimension)
      }
    }
    partialKeys = takePartial()
    partialValues = takePartial()
  }

  /// The buffers of one worker of the pool.
  func slot(_ worker: Int) -> Slot {
    precondition(worker < slots.count, "worker \(worker), scratch for \(slots.count)")
    return slots[worker]
  }

  /// Into how many parts a long sequence's backward is cut at most: enough for sixteen tasks over all
  /// sequences and key-value heads, which keep a few threads evenly busy.
  static func partLimit(sequences: Int, keyValueHeads: Int) -> Int {
    let pairs = max(1, sequences * keyValueHeads)
    return min(4, (15 + pairs) / pairs)
  }
}
