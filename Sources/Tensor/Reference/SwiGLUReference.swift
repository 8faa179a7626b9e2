extension Reference {
  /// h = gate·σ(gate)·up.
  package static func swiGLU(gate: [Double], up: [Double]) -> [Double] {
    zip(gate, up).map { $0 * sigmoid($0) * $1 }
  }

  /// dGate = dh·up·σ·(1 + gate·(1 − σ)) and dUp = dh·gate·σ.
  package static func swiGLUBackward(
    dh: [Double], gate: [Double], up: [Double]
  ) -> (dGate: [Double], dUp: [Double]) {
    let indices = dh.indices
    let sigmas = gate.map(sigmoid)
    return (
      indices.map { dh[$0] * up[$0] * sigmas[$0] * (1 + gate[$0] * (1 - sigmas[$0])) },
      indices.map { dh[$0] * gate[$0] * sigmas[$0] }
    )
  }
}
