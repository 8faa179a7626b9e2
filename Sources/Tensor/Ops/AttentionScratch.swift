/// The working memory of attention, reserved once: block buffers for each thread, and for each token what the
/// backward adds up in parts.
///
/// It serves one call at a time, for matrices of one type.
public struct AttentionScratch: Sendable {
  /// A thread's own buffers for float32. Rows of a block are the queries of all heads of a group, head after head.
  struct Slot: Sendable {
    /// Query rows of a block, for each head. With the keys of a block, scores stay within a core's cache.
    static let queryBlock = 64
    /// Keys of a block.
    static let keyBlock = 128

    /// [rows, D] each.
    let queries, gradients, accumulator: Matrix
    /// [rows, keys] each, used as contiguous rows of the block's own width.
    let scores, dScores: Matrix
    /// [2, rows]: running maxima and sums in the forward, log-sum-exp and row dots in the backward.
    let statistics: Matrix
  }

  let heads, keyValueHeads, headDimension: Int
  /// The type of the matrices that this serves.
  let dtype: DType
  /// Partial sums of dk and dv: [tokens, K·D] each for float32, where the last part needs none, and the transpose
  /// for bfloat16.
  let partialKeys, partialValues: [Matrix]
  private let slots: [Slot]
  private let halfSlots: [HalfAttention.Slot]

  /// Takes the buffers from a workspace.
  ///
  /// - Parameters:
  ///   - heads: H, a multiple of `keyValueHeads`.
  ///   - maxTokens: The most tokens of a backward call; 0 where only `forward` and `decode` will be called.
  ///   - threadCount: That of the pool.
  ///   - dtype: The type of queries, keys, values and outputs: `float32` or `bfloat16`.
  public init(
    workspace: Workspace, heads: Int, keyValueHeads: Int, headDimension: Int, maxTokens: Int,
    threadCount: Int,
    dtype: DType = .float32
  ) {
    precondition(heads % keyValueHeads == 0, "\(heads) heads over \(keyValueHeads)")
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.dtype = dtype
    let group = heads / keyValueHeads
    let isHalf = dtype == .bfloat16
    slots = (0..<(isHalf ? 0 : threadCount)).map { _ in
      Slot(workspace, group: group, headDimension: headDimension, hasBackward: maxTokens > 0)
    }
    halfSlots = (0..<(isHalf ? threadCount : 0)).map { _ in
      HalfAttention.Slot(workspace, group: group, headDimension: headDimension, hasBackward: maxTokens > 0)
    }
    let parts = AttentionScratch.partLimit(sequences: 1, keyValueHeads: keyValueHeads)
    let width = keyValueHeads * headDimension
    let takePartial = {
      (0..<(isHalf ? parts : parts - 1)).map { _ in
        isHalf
          ? workspace.take("attention gradients", rows: width, columns: HalfAttention.padded(maxTokens))
          : workspace.take("attention gradients", rows: maxTokens, columns: width)
      }
    }
    partialKeys = maxTokens > 0 ? takePartial() : []
    partialValues = maxTokens > 0 ? takePartial() : []
  }

  /// Query rows of a block.
  var queryBlock: Int { dtype == .bfloat16 ? HalfAttention.queryBlock : Slot.queryBlock }

  /// The buffers of one worker of the pool.
  func slot(_ worker: Int) -> Slot {
    precondition(worker < slots.count, "worker \(worker), scratch for \(slots.count)")
    return slots[worker]
  }

  /// The buffers of one worker of the pool, for bfloat16.
  func halfSlot(_ worker: Int) -> HalfAttention.Slot {
    precondition(worker < halfSlots.count, "worker \(worker), scratch for \(halfSlots.count)")
    return halfSlots[worker]
  }

  /// Into how many parts a long sequence's backward is cut at most: enough for sixteen tasks over all
  /// sequences and key-value heads, which keep a few threads evenly busy.
  static func partLimit(sequences: Int, keyValueHeads: Int) -> Int {
    let pairs = max(1, sequences * keyValueHeads)
    return min(4, (15 + pairs) / pairs)
  }
}

extension AttentionScratch.Slot {
  init(_ workspace: Workspace, group: Int, headDimension: Int, hasBackward: Bool) {
    let rows = group * Self.queryBlock
    let backwardRows = hasBackward ? rows : 0
    let take = { (rows: Int, columns: Int) in workspace.take("attention block", rows: rows, columns: columns)
    }
    queries = take(rows, headDimension)
    gradients = take(backwardRows, headDimension)
    accumulator = take(rows, headDimension)
    scores = take(rows, Self.keyBlock)
    dScores = take(backwardRows, Self.keyBlock)
    statistics = take(2, rows)
  }
}
