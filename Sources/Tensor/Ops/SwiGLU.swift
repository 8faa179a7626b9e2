import CKernels

/// The gated activation of Llama's feed-forward layer (Shazeer, 2020, arXiv:2002.05202).
public enum SwiGLU {
  /// h = gate·σ(gate)·up, all [rows, F]; h is overwritten.
  public static func forward(gate: Matrix, up: Matrix, into h: Matrix, pool: ThreadPool) {
    requireSameShape(gate, up, "SwiGLU")
    requireSameShape(gate, h, "SwiGLU")
    let level = kernelLevel
    pool.split(h.rows, cost: 4 * h.columns) { range in
      let row = range.lowerBound
      lk_swiglu_f32(
        h.row(row), h.stride, gate.row(row), gate.stride, up.row(row), up.stride, range.count, h.columns,
        level)
    }
  }

  /// With σ = σ(gate): dGate = dh·up·σ·(1 + gate·(1 − σ)), dUp = dh·gate·σ.
  ///
  /// - Parameters:
  ///   - dGate: [rows, F], overwritten; it may be `gate` itself, which saves a buffer.
  ///   - dUp: [rows, F], overwritten; it may be `up` itself.
  ///   - dh: [rows, F], the gradient with respect to h.
  public static func backward(
    dGate: Matrix, dUp: Matrix, dh: Matrix, gate: Matrix, up: Matrix, pool: ThreadPool
  ) {
    requireSameShape(gate, up, "SwiGLU")
    requireSameShape(gate, dh, "SwiGLU")
    requireSameShape(dGate, gate, "SwiGLU")
    requireSameShape(dUp, gate, "SwiGLU")
    let level = kernelLevel
    pool.split(dh.rows, cost: 6 * dh.columns) { range in
      let row = range.lowerBound
      lk_swiglu_backward_f32(
        dGate.row(row), dGate.stride, dUp.row(row), dUp.stride, dh.row(row), dh.stride, gate.row(row),
        gate.stride, up.row(row), up.stride, range.count, dh.columns, level)
    }
  }
}
