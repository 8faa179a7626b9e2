import Tensor

/// One linear projection of a layer with what training adds to it: the gradient of its weight when the whole
/// model trains, or a low-rank update when an adapter does.
///
///     y = x·Wᵀ + b + s·(x·Aᵀ)·Bᵀ
struct LinearProjection {
  /// [out, in].
  let weight: WeightMatrix
  /// [1, out].
  let bias: Matrix?
  /// The gradient of `weight`, where it trains.
  let dWeight: Matrix?
  /// The gradient of `bias`, where it trains.
  let dBias: Matrix?
  /// The low-rank update, where there is one.
  let update: LoRAAdapter.Pair?
  /// s, the factor on the update.
  let scaling: Float
  /// The projection's number in the model, which keeps its dropout mask apart from all others.
  let site: Int

  /// Whether a gradient flows to anything here.
  var trains: Bool { update != nil || dWeight != nil }

  /// Dropout on the adapters' inputs, for one batch of one step.
  struct AdapterDropout {
    let rate: Float
    /// Differs from batch to batch.
    let seed: UInt64
    /// Scratch as large as any projection's input.
    let dropped: Matrix

    /// The window that fits `x`.
    func scratch(for x: Matrix) -> Matrix {
      Matrix(dropped.base, rows: x.rows, columns: x.columns)
    }

    /// The seed of one projection's mask: as in PEFT, each draws its own. The multiplier is odd and unrelated to
    /// those that batches and the rows of a mask are kept apart by, so that no two masks are shifts of each other.
    static func seed(_ seed: UInt64, site: Int) -> UInt64 { seed &+ UInt64(site) &* 0xd6e8_feb8_6659_fd93 }
  }

  /// Computes y from x.
  ///
  /// - Parameters:
  ///   - x: [T, in].
  ///   - y: [T, out]; overwritten, or added to where `accumulates`, as a residual connection asks.
  ///   - reduced: [T, R], receives dropout(x)·Aᵀ, which the backward call reads.
  func forward(
    _ x: Matrix, into y: Matrix, accumulates: Bool = false, reduced: Matrix?, scratch: Linear.Scratch,
    dropout: AdapterDropout?, pool: ThreadPool
  ) {
    Linear.forward(x, weight, into: y, accumulates: accumulates, scratch: scratch, pool: pool)
    if let bias { Elementwise.addBias(bias.base, to: y, pool: pool) }
    guard let update, let reduced else { return }
    GEMM.multiply(adapterInput(x, dropout, pool), update.a, transposeB: true, into: reduced, pool: pool)
    GEMM.multiply(reduced, update.b, transposeB: true, into: y, alpha: scaling, beta: 1, pool: pool)
  }

  /// Adds the gradients of what trains here, and computes the gradient of the input where one is wanted.
  ///
  ///     dx = dy·W + D,   D = dropout((s·dy·B)·A),   dB += s·dyᵀ·(x·Aᵀ),   dA += (s·dy·B)ᵀ·dropout(x)
  ///
  /// - Parameters:
  ///   - dx: [T, in]; overwritten, or added to where `accumulates`; nil where nothing below trains.
  ///   - dy: [T, out].
  ///   - x: [T, in], as the forward call saw it.
  ///   - reduced: [T, R], as the forward call left it.
  ///   - dReduced: [T, R], scratch.
  func backward(
    _ dx: Matrix?, accumulates: Bool = false, dy: Matrix, x: Matrix, reduced: Matrix?, dReduced: Matrix?,
    dropout: AdapterDropout?, pool: ThreadPool
  ) {
    if let dWeight { GEMM.multiply(dy, transposeA: true, x, into: dWeight, beta: 1, pool: pool) }
    if let dBias { Elementwise.sumRows(dy, addingTo: dBias.base, pool: pool) }
    if let dx { Linear.inputGradient(dy, weight, into: dx, accumulates: accumulates, pool: pool) }
    guard let update, let reduced, let dReduced else { return }
    GEMM.multiply(dy, transposeA: true, reduced, into: update.dB, alpha: scaling, beta: 1, pool: pool)
    GEMM.multiply(dy, update.b, into: dReduced, alpha: scaling, pool: pool)
    GEMM.multiply(
      dReduced, transposeA: true, adapterInput(x, dropout, pool), into: update.dA, beta: 1, pool: pool)
    guard let dx else { return }
    if let dropout {
      // The input's dropped copy has been read; its place now takes the gradient through the same mask.
      let dDropped = dropout.scratch(for: x)
      GEMM.multiply(dReduced, update.a, into: dDropped, pool: pool)
      drop(dDropped, into: dDropped, dropout, pool)
      Elementwise.add(dDropped, to: dx, pool: pool)
    } else {
      GEMM.multiply(dReduced, update.a, into: dx, beta: 1, pool: pool)
    }
  }

  private func adapterInput(_ x: Matrix, _ dropout: AdapterDropout?, _ pool: ThreadPool) -> Matrix {
    guard let dropout else { return x }
    let dropped = dropout.scratch(for: x)
    drop(x, into: dropped, dropout, pool)
    return dropped
  }

  private func drop(_ x: Matrix, into y: Matrix, _ dropout: AdapterDropout, _ pool: ThreadPool) {
    Dropout.forward(
      x, into: y, rate: dropout.rate, seed: AdapterDropout.seed(dropout.seed, site: site), pool: pool)
  }
}
