import CKernels

/// Causal grouped-query attention over packed sequences, block by block (Dao et al., 2022, arXiv:2205.14135):
/// no matrix of scores outlives its block.
///
/// For token t of a sequence, query head h and its key-value head κ = h / (H/K):
///
///     s[j] = scale · q[t,h]·k[j,κ]  for j ≤ t in the same sequence,  p = softmax(s),  o[t,h] = Σⱼ p[j]·v[j,κ]
///
/// Matrices of queries are [T, H·D], of keys and values [T, K·D]. They are all float32, or all bfloat16 but for the
/// log-sum-exp; sums are float32 in both.
public enum Attention {
  /// Computes o, and the log-sum-exp of each row of scores, which the backward needs.
  ///
  /// Each task takes one block of queries of the heads that share a key-value head.
  ///
  /// - Parameters:
  ///   - offsets: Where each sequence starts, and the number of tokens at the end.
  ///   - scale: 1/√D, as a rule.
  ///   - o: [T, H·D], overwritten.
  ///   - logSumExp: [T, H], overwritten.
  public static func forward(
    q: Matrix, k: Matrix, v: Matrix, offsets: [Int], headDimension: Int, scale: Float, into o: Matrix,
    logSumExp: Matrix, scratch: AttentionScratch, pool: ThreadPool
  ) {
    requireShapes(q, k, v, offsets, headDimension, scratch)
    requireSameShape(q, o, "attention")
    precondition(
      logSumExp.rows == q.rows && logSumExp.columns == scratch.heads,
      "log-sum-exp [\(logSumExp.rows), \(logSumExp.columns)] of [\(q.rows), \(scratch.heads)]")
    let block = scratch.queryBlock
    withLongestFirst(offsets) { order in
      var tasks = 0
      for sequence in order { tasks += (sequence.count + block - 1) / block * scratch.keyValueHeads }
      pool.parallel(tasks) { task, worker in
        let (sequence, index) = locate(task / scratch.keyValueHeads, in: order) { ($0 + block - 1) / block }
        // Later blocks see more keys, so they come first.
        let first = ((sequence.count + block - 1) / block - 1 - index) * block
        let rows = sequence.lowerBound + first..<min(sequence.upperBound, sequence.lowerBound + first + block)
        forwardBlock(
          q: q.rows(rows), k: k.rows(sequence), v: v.rows(sequence), start: first,
          keyValueHead: task % scratch.keyValueHeads, scale: scale, into: o.rows(rows),
          logSumExp: logSumExp.rows(rows), scratch, worker)
      }
    }
  }

  /// Attends from n new tokens, at positions `start` ..< `start` + n, to a cache that already holds their keys
  /// and values.
  ///
  /// - Parameters:
  ///   - q: [n, H·D].
  ///   - keys: [at least start + n, K·D]; so are `values`.
  ///   - o: [n, H·D], overwritten.
  public static func decode(
    q: Matrix, keys: Matrix, values: Matrix, start: Int, headDimension: Int, scale: Float, into o: Matrix,
    scratch: AttentionScratch, pool: ThreadPool
  ) {
    let seen = start + q.rows
    precondition(start >= 0 && keys.rows >= seen && values.rows >= seen, "\(seen) of \(keys.rows) keys")
    let (k, v) = (keys.rows(0..<seen), values.rows(0..<seen))
    requireShapes(q, k, v, [0, q.rows], headDimension, scratch)
    requireSameShape(q, o, "attention")
    let block = scratch.queryBlock
    let blocks = (q.rows + block - 1) / block
    pool.parallel(blocks * scratch.keyValueHeads) { task, worker in
      let first = (blocks - 1 - task / scratch.keyValueHeads) * block
      let rows = first..<min(q.rows, first + block)
      forwardBlock(
        q: q.rows(rows), k: k, v: v, start: start + first, keyValueHead: task % scratch.keyValueHeads,
        scale: scale, into: o.rows(rows), logSumExp: nil, scratch, worker)
    }
  }

  /// One block of queries, the first at position `start`, against all keys up to its last position.
  private static func forwardBlock(
    q: Matrix, k: Matrix, v: Matrix, start: Int, keyValueHead: Int, scale: Float, into o: Matrix,
    logSumExp: Matrix?, _ scratch: AttentionScratch, _ worker: Int
  ) {
    if scratch.usesStrips {
      StripAttention.forwardBlock(
        q: q, k: k, v: v, start: start, keyValueHead: keyValueHead, scale: scale, into: o,
        logSumExp: logSumExp, scratch, scratch.stripSlot(worker))
    } else {
      BlockAttention.forwardBlock(
        q: q, k: k, v: v, start: start, keyValueHead: keyValueHead, scale: scale, into: o,
        logSumExp: logSumExp, scratch, scratch.blockSlot(worker))
    }
  }

  /// Computes the gradients with respect to queries, keys and values, recomputing each block of probabilities
  /// from `logSumExp`. With delta[t,h] = do[t,h]·o[t,h]:
  ///
  ///     dv[j] += Σ p[j]·do,  ds[j] = p[j]·(do·v[j] − delta),  dq += scale·ds[j]·k[j],  dk[j] += scale·ds[j]·q
  ///
  /// Each task takes one sequence and one key-value head, so dk and dv have one writer and one order of
  /// addition. Where that makes fewer than sixteen tasks, long sequences are cut by queries into parts of
  /// equal work, whose dk and dv are added afterwards.
  ///
  /// - Parameters:
  ///   - dq: [T, H·D], overwritten; so are dk and dv, [T, K·D]. They overlap no input.
  ///   - dO: [T, H·D], the gradient with respect to o.
  ///   - o: [T, H·D] and `logSumExp`, [T, H], from the forward.
  public static func backward(
    dq: Matrix, dk: Matrix, dv: Matrix, dO: Matrix, q: Matrix, k: Matrix, v: Matrix, o: Matrix,
    logSumExp: Matrix, offsets: [Int], headDimension: Int, scale: Float, scratch: AttentionScratch,
    pool: ThreadPool
  ) {
    requireShapes(q, k, v, offsets, headDimension, scratch)
    requireSameShape(q, dq, "attention")
    requireSameShape(q, dO, "attention")
    requireSameShape(q, o, "attention")
    requireSameShape(k, dk, "attention")
    requireSameShape(k, dv, "attention")
    let limit = AttentionScratch.partLimit(
      sequences: offsets.count - 1, keyValueHeads: scratch.keyValueHeads)
    withLongestFirst(offsets) { order in
      var tasks = 0
      for sequence in order { tasks += parts(sequence.count, limit) * scratch.keyValueHeads }
      pool.parallel(tasks) { task, worker in
        let (sequence, index) = locate(task / scratch.keyValueHeads, in: order) { parts($0, limit) }
        let count = parts(sequence.count, limit)
        let range = queries(ofPart: index, of: count, length: sequence.count, block: scratch.queryBlock)
        let inputs = Inputs(
          dO: dO.rows(sequence), q: q.rows(sequence), k: k.rows(sequence), v: v.rows(sequence),
          o: o.rows(sequence), logSumExp: logSumExp.rows(sequence))
        let keyValueHead = task % scratch.keyValueHeads
        if scratch.usesStrips {
          StripAttention.backwardPart(
            queries: range, dq: dq.rows(sequence), dk: scratch.partialKeys[index].columns(sequence),
            dv: scratch.partialValues[index].columns(sequence), inputs, keyValueHead: keyValueHead,
            scale: scale, scratch, scratch.stripSlot(worker))
        } else {
          // The last part meets every key, so it writes to dk and dv themselves.
          let isLast = index == count - 1
          BlockAttention.backwardPart(
            queries: range, dq: dq.rows(sequence),
            dk: (isLast ? dk : scratch.partialKeys[index]).rows(sequence),
            dv: (isLast ? dv : scratch.partialValues[index]).rows(sequence), inputs,
            keyValueHead: keyValueHead, scale: scale, scratch, scratch.blockSlot(worker))
        }
      }
      addParts(order, limit, dk: dk, dv: dv, scratch, pool)
    }
  }

  /// Adds the parts of dk and dv to the last, and brings them to their place where that is not done yet.
  private static func addParts(
    _ order: UnsafeMutableBufferPointer<Range<Int>>, _ limit: Int, dk: Matrix, dv: Matrix,
    _ scratch: AttentionScratch, _ pool: ThreadPool
  ) {
    let end = { (part: Int, sequence: Range<Int>) in
      queries(
        ofPart: part, of: parts(sequence.count, limit), length: sequence.count, block: scratch.queryBlock
      ).upperBound
    }
    guard !scratch.usesStrips else {
      return pool.parallel(order.count * 2 * scratch.keyValueHeads) { task in
        let (sequence, isKey) = (order[task / (2 * scratch.keyValueHeads)], task % 2 == 0)
        StripAttention.finishBackward(
          parts: (isKey ? scratch.partialKeys : scratch.partialValues)[..<parts(sequence.count, limit)],
          sequence: sequence, into: (isKey ? dk : dv).rows(sequence),
          keyValueHead: task / 2 % scratch.keyValueHeads, headDimension: scratch.headDimension
        ) { end($0, sequence) }
      }
    }
    for sequence in order {
      for index in 0..<parts(sequence.count, limit) - 1 {
        let keys = 0..<end(index, sequence)
        let add = { (part: Matrix, whole: Matrix) in
          Elementwise.add(part.rows(sequence).rows(keys), to: whole.rows(sequence).rows(keys), pool: pool)
        }
        add(scratch.partialKeys[index], dk)
        add(scratch.partialValues[index], dv)
      }
    }
  }

  /// One sequence's tensors in the backward.
  struct Inputs {
    let dO, q, k, v, o, logSumExp: Matrix
  }

  /// How many parts a sequence's backward is cut into: none shorter than 256 tokens on average.
  private static func parts(_ length: Int, _ limit: Int) -> Int { max(1, min(limit, length / 256)) }

  /// The queries of one part. Work grows with the square of the last query, so the cuts are at square roots,
  /// rounded to whole blocks.
  private static func queries(ofPart index: Int, of count: Int, length: Int, block: Int) -> Range<Int> {
    let blocks = (length + block - 1) / block
    let cut = { (index: Int) in
      let share = (Double(index) / Double(count)).squareRoot()
      return min(length, Int((share * Double(blocks)).rounded()) * block)
    }
    return cut(index)..<cut(index + 1)
  }

  /// The sequence that the piece `index` is of, and which of its pieces it is, where a sequence of n tokens has
  /// `pieces(n)` of them.
  private static func locate(
    _ index: Int, in order: UnsafeMutableBufferPointer<Range<Int>>, pieces: (Int) -> Int
  ) -> (sequence: Range<Int>, piece: Int) {
    var index = index
    for sequence in order {
      let count = pieces(sequence.count)
      if index < count { return (sequence, index) }
      index -= count
    }
    preconditionFailure("piece \(index) beyond the last of \(order.count) sequences")
  }

  /// Calls `body` with the token ranges of the sequences, longest first, so that no long task is left for the
  /// end.
  private static func withLongestFirst(
    _ offsets: [Int], _ body: (UnsafeMutableBufferPointer<Range<Int>>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Range<Int>.self, capacity: offsets.count - 1) { order in
      for index in order.indices {
        let sequence = offsets[index]..<offsets[index + 1]
        var place = index
        while place > 0, order[place - 1].count < sequence.count {
          order.initializeElement(at: place, to: order[place - 1])
          place -= 1
        }
        order.initializeElement(at: place, to: sequence)
      }
      body(order)
    }
  }

  private static func requireShapes(
    _ q: Matrix, _ k: Matrix, _ v: Matrix, _ offsets: [Int], _ headDimension: Int, _ scratch: AttentionScratch
  ) {
    requireSameShape(k, v, "attention")
    precondition(
      q.dtype == scratch.dtype && k.dtype == q.dtype,
      "\(q.dtype) queries, \(k.dtype) keys, scratch for \(scratch.dtype)")
    precondition(
      headDimension == scratch.headDimension && q.columns == scratch.heads * headDimension
        && k.columns == scratch.keyValueHeads * headDimension,
      "queries of \(q.columns) and keys of \(k.columns) columns, heads of \(headDimension); scratch for "
        + "\(scratch.heads) over \(scratch.keyValueHeads) heads of \(scratch.headDimension)")
    precondition(
      offsets.first == 0 && offsets.last == q.rows && zip(offsets, offsets.dropFirst()).allSatisfy(<=),
      "offsets \(offsets) over \(q.rows) tokens")
  }
}
