/// The working memory of attention, reserved once: block buffers for each thread, and for each token what the
/// backward adds up in parts.
///
/// It serves one call at a time, for matrices of one type.
public struct AttentionScratch: Sendable {
  let heads, keyValueHeads, headDimension: Int
  /// The type of the matrices that this serves.
  let dtype: DType
  /// Whether the products are this package's own, which they are in bfloat16 and wherever those are fast in float32.
  let usesStrips: Bool
  /// Partial sums of dk and dv: with strips the transposes, [K·D, tokens] each; else [tokens, K·D], of which the last
  /// part needs none.
  let partialKeys, partialValues: [Matrix]
  private let stripSlots: [StripAttention.Slot]
  private let blockSlots: [BlockAttention.Slot]

  /// Takes the buffers from a workspace.
  ///
  /// - Parameters:
  ///   - heads: H, a multiple of `keyValueHeads`.
  ///   - maxTokens: The most tokens of a backward call; 0 where only `forward` and `decode` will be called.
  ///   - threadCount: That of the pool.
  ///   - dtype: The type of queries, keys, values and outputs: `float32` or `bfloat16`.
  public init(
    workspace: Workspace, heads: Int, keyValueHeads: Int, headDimension: Int, maxTokens: Int,
    threadCount: Int, dtype: DType = .float32
  ) {
    self.init(
      workspace: workspace, heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension,
      maxTokens: maxTokens, threadCount: threadCount, dtype: dtype,
      usesStrips: dtype == .bfloat16 || PackedGEMM.isFastInFloat32)
  }

  /// The same with the choice of products; bfloat16 takes strips.
  init(
    workspace: Workspace, heads: Int, keyValueHeads: Int, headDimension: Int, maxTokens: Int,
    threadCount: Int, dtype: DType, usesStrips: Bool
  ) {
    precondition(usesStrips || dtype == .float32, "\(dtype) without strips")
    precondition(heads % keyValueHeads == 0, "\(heads) heads over \(keyValueHeads)")
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.dtype = dtype
    let group = heads / keyValueHeads
    self.usesStrips = usesStrips
    let hasBackward = maxTokens > 0
    stripSlots = (0..<(usesStrips ? threadCount : 0)).map { _ in
      StripAttention.Slot(
        workspace, group: group, headDimension: headDimension, dtype: dtype, hasBackward: hasBackward)
    }
    blockSlots = (0..<(usesStrips ? 0 : threadCount)).map { _ in
      BlockAttention.Slot(workspace, group: group, headDimension: headDimension, hasBackward: hasBackward)
    }
    let parts = AttentionScratch.partLimit(sequences: 1, keyValueHeads: keyValueHeads)
    let width = keyValueHeads * headDimension
    let takePartial = {
      (0..<(usesStrips ? parts : parts - 1)).map { _ in
        usesStrips
          ? workspace.take("attention gradients", rows: width, columns: StripAttention.padded(maxTokens))
          : workspace.take("attention gradients", rows: maxTokens, columns: width)
      }
    }
    partialKeys = hasBackward ? takePartial() : []
    partialValues = hasBackward ? takePartial() : []
  }

  /// Query rows of a block.
  var queryBlock: Int { usesStrips ? StripAttention.queryBlock : BlockAttention.queryBlock }

  /// The buffers of one worker of the pool, for strips.
  func stripSlot(_ worker: Int) -> StripAttention.Slot {
    precondition(worker < stripSlots.count, "worker \(worker), scratch for \(stripSlots.count)")
    return stripSlots[worker]
  }

  /// The buffers of one worker of the pool, for OpenBLAS.
  func blockSlot(_ worker: Int) -> BlockAttention.Slot {
    precondition(worker < blockSlots.count, "worker \(worker), scratch for \(blockSlots.count)")
    return blockSlots[worker]
  }

  /// Into how many parts a long sequence's backward is cut at most: enough for sixteen tasks over all
  /// sequences and key-value heads, which keep a few threads evenly busy.
  static func partLimit(sequences: Int, keyValueHeads: Int) -> Int {
    let pairs = max(1, sequences * keyValueHeads)
    return min(4, (15 + pairs) / pairs)
  }
}
