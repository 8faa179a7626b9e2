import CKernels

/// The gated activation of Llama's feed-forward layer (Shazeer, 2020, arXiv:2002.05202).
public enum SwiGLU {
  /// h = gate·σ(gate)·up, all [rows, F] and of either type; h is overwritten.
  public static func forward(gate: Matrix, up: Matrix, into h: Matrix, pool: ThreadPool) {
    requireSameShape(gate, up, "SwiGLU")
    requireSameShape(gate, h, "SwiGLU")
    let level = kernelLevel
    pool.split(h.rows, cost: 4 * h.columns) { range in
      lk_swiglu(
        h.kernelRows(range), gate.kernelRows(range), up.kernelRows(range), range.count, h.columns, level)
    }
  }

  /// With σ = σ(gate): dGate = dh·up·σ·(1 + gate·(1 − σ)), dUp = dh·gate·σ, and h again, which costs one more
  /// product here and a sigmoid elsewhere.
  ///
  /// - Parameters:
  ///   - dGate: [rows, F], overwritten; it may be `gate` itself, which saves a buffer.
  ///   - dUp: [rows, F], overwritten; it may be `up` itself.
  ///   - h: [rows, F], overwritten with what the forward computed; it may be `dh` itself.
  ///   - dh: [rows, F], the gradient with respect to h.
  public static func backward(
    dGate: Matrix, dUp: Matrix, h: Matrix, dh: Matrix, gate: Matrix, up: Matrix, pool: ThreadPool
  ) {
    requireSameShape(gate, up, "SwiGLU")
    requireSameShape(gate, dh, "SwiGLU")
    requireSameShape(gate, h, "SwiGLU")
    requireSameShape(dGate, gate, "SwiGLU")
    requireSameShape(dUp, gate, "SwiGLU")
    let level = kernelLevel
    pool.split(dh.rows, cost: 6 * dh.columns) { range in
      lk_swiglu_backward(
        dGate.kernelRows(range), dUp.kernelRows(range), h.kernelRows(range), dh.kernelRows(range),
        gate.kernelRows(range), up.kernelRows(range), range.count, dh.columns, level)
    }
  }
}
