import Tensor

/// One linear projection of a layer with what training adds to it: the gradient of its weight when the whole
/// model trains, or a low-rank update when an adapter does.
///
///     y = x·Wᵀ + b + u·Bᵀ,   u = s·x·Aᵀ
///
/// Projections that read the same input make their reduced inputs u together: see `ProjectionGroup`.
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
  /// The update's columns in the reduced inputs of its group.
  let reducedColumns: Range<Int>
  /// The projection's number in the model, which keeps its dropout mask apart from all others.
  let site: Int

  /// Whether a gradient flows to anything here.
  var trains: Bool { update != nil || dWeight != nil }

  /// Computes y from x.
  ///
  /// - Parameters:
  ///   - x: [T, in].
  ///   - reduced: [T, n·R], the group's reduced inputs.
  ///   - y: [T, out]; overwritten, or added to where `adds`, as a residual connection asks.
  func forward(
    _ x: Matrix, reduced: Matrix?, into y: Matrix, adds: Bool = false, scratch: Linear.Scratch,
    pool: ThreadPool
  ) {
    var term: MatrixProduct.Term?
    if let update, let reduced { term = MatrixProduct.Term(reduced.columns(reducedColumns), update.b) }
    Linear.forward(
      x, weight, plus: term, bias: bias, into: y, accumulates: adds, scratch: scratch, pool: pool)
  }

  /// Adds the gradients of B and of the bias, and leaves the gradient of u:
  ///
  ///     dB += dyᵀ·u,   du = s·dy·B
  ///
  /// - Parameters:
  ///   - dy: [T, out].
  ///   - reduced: [T, n·R], as the forward call left them.
  ///   - dReduced: [T, n·R], this projection's columns overwritten.
  func addGradients(
    dy: Matrix, reduced: Matrix?, scaling: Float, into dReduced: Matrix?, pool: ThreadPool
  ) {
    if let dBias { Elementwise.sumRows(dy, addingTo: dBias.base, pool: pool) }
    guard let update, let reduced, let dReduced else { return }
    MatrixProduct.addTransposedProduct(dy, reduced.columns(reducedColumns), to: update.dB, pool: pool)
    MatrixProduct.multiply(dy, update.b, into: dReduced.columns(reducedColumns), factor: scaling, pool: pool)
  }
}
