import CKernels

/// The language-model head and its cross-entropy in one, in chunks of rows: the logits of a whole batch never
/// exist.
public enum LinearCrossEntropy {
  /// The logits of one chunk, and what products with the head take.
  public struct Scratch: Sendable {
    let logits: Matrix
    /// What products with the head take.
    package let linear: Linear.Scratch

    /// Takes [chunk, V] from the workspace; without a chunk given, as many rows as fit into 128 MiB, in 128 … 512.
    ///
    /// Each chunk reads the whole head twice and packs it anew, so more rows save time and cost memory for their
    /// logits.
    ///
    /// - Parameter dtype: the type of the hidden rows.
    public init(
      workspace: Workspace, chunk: Int? = nil, head: WeightMatrix, dtype: DType = .float32
    ) {
      let fitting = (128 << 20) / (head.rows * MemoryLayout<Float>.stride) / 64 * 64
      logits = workspace.take(
        "logits of a chunk", rows: chunk ?? max(128, min(512, fitting)), columns: head.rows)
      linear = Linear.Scratch([head], dtype: dtype, workspace: workspace)
    }
  }

  /// Computes each row's loss: losses[i] = ln Σⱼ e^z[j] − z[labels[i]], with z = hidden[i]·headᵀ, in nats.
  ///
  /// - Parameters:
  ///   - hidden: [N, C], the rows that have a label; bfloat16 takes bfloat16 products. Logits are float32.
  ///   - head: [V, C].
  ///   - labels: [N], each in 0..<V.
  ///   - losses: [N], overwritten.
  public static func forward(
    hidden: Matrix, head: WeightMatrix, labels: UnsafeBufferPointer<Int32>,
    losses: UnsafeMutablePointer<Float>,
    scratch: Scratch, pool: ThreadPool
  ) {
    forEachChunk(hidden, head, labels, scratch, pool) { rows, _, logits, labels in
      let level = kernelLevel
      pool.split(rows.count, cost: 4 * logits.columns) { part in
        lk_cross_entropy_f32(
          losses + rows.lowerBound + part.lowerBound, logits.row(part.lowerBound), logits.stride,
          labels + part.lowerBound, part.count, logits.columns, level)
      }
    }
  }

  /// Computes the losses and, in the same pass, the gradients of Σᵢ scale·weights[i]·losses[i]:
  ///
  ///     dz[i,j] = scale·weights[i]·(softmax(z[i])[j] − [j = labels[i]])
  ///     dHidden = dz·head,  dHead += dzᵀ·hidden
  ///
  /// - Parameters:
  ///   - hidden: [N, C], the rows that have a label; bfloat16 takes bfloat16 products. Logits are float32.
  ///   - head: [V, C].
  ///   - labels: [N], each in 0..<V.
  ///   - weights: [N], or nil for 1 everywhere.
  ///   - scale: A factor on each gradient, such as 1 / labels in the step; the losses do not contain it.
  ///   - losses: [N], overwritten.
  ///   - dHidden: [N, C], overwritten.
  ///   - dHead: [V, C], added to; nil for a frozen head.
  public static func forwardBackward(
    hidden: Matrix, head: WeightMatrix, labels: UnsafeBufferPointer<Int32>,
    weights: UnsafeBufferPointer<Float>?,
    scale: Float, losses: UnsafeMutablePointer<Float>, dHidden: Matrix, dHead: Matrix?, scratch: Scratch,
    pool: ThreadPool
  ) {
    requireSameShape(hidden, dHidden, "cross-entropy")
    precondition(
      dHead.map { $0.rows == head.rows && $0.columns == head.columns } ?? true, "a gradient of another shape")
    precondition(weights.map { $0.count == hidden.rows } ?? true, "weights for \(hidden.rows) rows")
    let weights = weights?.baseAddress
    forEachChunk(hidden, head, labels, scratch, pool) { rows, hidden, logits, labels in
      // Each gradient takes its logit's place, or the first half of the row where it is half as wide.
      let gradients = Matrix(
        logits.address, hidden.dtype, rows: logits.rows, columns: logits.columns,
        stride: logits.stride * MemoryLayout<Float>.stride / hidden.dtype.byteCount)
      let level = kernelLevel
      pool.split(rows.count, cost: 6 * logits.columns) { part in
        let row = rows.lowerBound + part.lowerBound
        lk_cross_entropy_backward(
          losses + row, gradients.kernelRows(part), logits.row(part.lowerBound), logits.stride,
          labels + part.lowerBound, weights.map { $0 + row }, scale, part.count, logits.columns, level)
      }
      // In eight bits the many small probabilities beside a large one would all be rounded to zero, and with them what
      // they pull at.
      Linear.inputGradient(
        gradients, head, into: dHidden.rows(rows), dithers: true, scratch: scratch.linear, pool: pool)
      if let dHead { MatrixProduct.addTransposedProduct(gradients, hidden, to: dHead, pool: pool) }
    }
  }

  /// Computes the logits of each chunk of rows in turn and hands them to `body`, with the chunk's own hidden
  /// rows and labels.
  private static func forEachChunk(
    _ hidden: Matrix, _ head: WeightMatrix, _ labels: UnsafeBufferPointer<Int32>, _ scratch: Scratch,
    _ pool: ThreadPool,
    _ body: (
      _ rows: Range<Int>, _ hidden: Matrix, _ logits: Matrix, _ labels: UnsafePointer<Int32>
    ) -> Void
  ) {
    precondition(
      scratch.logits.columns == head.rows && hidden.columns == head.columns,
      "hidden [\(hidden.rows), \(hidden.columns)], head [\(head.rows), \(head.columns)], scratch for "
        + "\(scratch.logits.columns) tokens")
    requireIndices(labels, count: hidden.rows, below: head.rows)
    guard let labels = labels.baseAddress else { return }
    let chunks = (hidden.rows + scratch.logits.rows - 1) / scratch.logits.rows
    for chunk in 0..<chunks {
      // Chunks of nearly equal length: a last one of a few rows would cost as much as any.
      let rows = chunk * hidden.rows / chunks..<(chunk + 1) * hidden.rows / chunks
      let (part, logits) = (hidden.rows(rows), scratch.logits.rows(0..<rows.count))
      Linear.forward(part, head, into: logits, scratch: scratch.linear, pool: pool)
      body(rows, part, logits, labels + rows.lowerBound)
    }
  }
}
