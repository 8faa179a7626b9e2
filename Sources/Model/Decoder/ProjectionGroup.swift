import Tensor

/// The projections of a layer that read the same input, with one product for all of their A matrices.
struct ProjectionGroup {
  /// The projections in the order of `Projection`.
  let members: [LinearProjection]
  /// The A matrices of those with an update, one after another.
  let stack: LoRAAdapter.Group?
  /// s, the factor on every update.
  let scaling: Float

  /// Dropout on the adapters' inputs, for one batch of one step.
  struct AdapterDropout {
    let rate: Float
    /// Differs from batch to batch.
    let seed: UInt64
    /// Scratch as large as any projection's input.
    let dropped: Matrix

    /// The window that fits `x`.
    func scratch(for x: Matrix) -> Matrix {
      Matrix(dropped.address, dropped.dtype, rows: x.rows, columns: x.columns)
    }

    /// The seed of one projection's mask: as in PEFT, each draws its own. The multiplier is odd and unrelated to
    /// those that batches and the rows of a mask are kept apart by, so that no two masks are shifts of each other.
    static func seed(_ seed: UInt64, site: Int) -> UInt64 { seed &+ UInt64(site) &* 0xd6e8_feb8_6659_fd93 }
  }

  /// Computes u = s·dropout(x)·Aᵀ for all updates.
  ///
  /// - Parameters:
  ///   - x: [T, in].
  ///   - reduced: [T, n·R], overwritten.
  func reduce(_ x: Matrix, into reduced: Matrix?, dropout: AdapterDropout?, pool: ThreadPool) {
    guard let stack, let reduced else { return }
    guard let dropout else {
      return MatrixProduct.multiply(x, stack.a, transposeB: true, into: reduced, factor: scaling, pool: pool)
    }
    for case let (member, update?) in members.lazy.map({ ($0, $0.update) }) {
      let dropped = drop(x, member, dropout, pool)
      MatrixProduct.multiply(
        dropped, update.a, transposeB: true, into: reduced.columns(member.reducedColumns), factor: scaling,
        pool: pool)
    }
  }

  /// Adds the gradients of what trains here, and computes the gradient of the input where one is wanted:
  ///
  ///     dx = Σ dy·W + dropout(du·A),   dA += duᵀ·dropout(x),   dW += dyᵀ·x
  ///
  /// - Parameters:
  ///   - dx: [T, in], overwritten; nil where nothing below trains. Float32 where there are several members.
  ///   - dy: the gradient of a member's output, [T, out], by its place.
  ///   - x: [T, in], as the forward call saw it; asked for once, when dx has been computed.
  ///   - reduced: [T, n·R], as the forward call left them.
  ///   - dReduced: [T, n·R], scratch.
  func backward(
    into dx: Matrix?, dy: (Int) -> Matrix, x: () -> Matrix, reduced: Matrix?, dReduced: Matrix?,
    dropout: AdapterDropout?, scratch: Linear.Scratch, pool: ThreadPool
  ) {
    for place in members.indices {
      members[place].addGradients(
        dy: dy(place), reduced: reduced, scaling: scaling, into: dReduced, pool: pool)
    }
    if let dx { inputGradient(dx, dy, dReduced, dropout, scratch, pool) }
    let x = x()
    for place in members.indices {
      guard let dWeight = members[place].dWeight else { continue }
      MatrixProduct.addTransposedProduct(dy(place), x, to: dWeight, pool: pool)
    }
    guard let stack, let dReduced else { return }
    guard let dropout else {
      return MatrixProduct.addTransposedProduct(dReduced, x, to: stack.dA, pool: pool)
    }
    for case let (member, update?) in members.lazy.map({ ($0, $0.update) }) {
      MatrixProduct.addTransposedProduct(
        dReduced.columns(member.reducedColumns), drop(x, member, dropout, pool), to: update.dA, pool: pool)
    }
  }

  private func inputGradient(
    _ dx: Matrix, _ dy: (Int) -> Matrix, _ dReduced: Matrix?, _ dropout: AdapterDropout?,
    _ scratch: Linear.Scratch, _ pool: ThreadPool
  ) {
    var term: MatrixProduct.Term?
    var accumulates = false
    if let stack, let dReduced {
      if let dropout {
        for case let (member, update?) in members.lazy.map({ ($0, $0.update) }) {
          let part = dropout.scratch(for: dx)
          MatrixProduct.multiply(dReduced.columns(member.reducedColumns), update.a, into: part, pool: pool)
          mask(part, into: accumulates ? part : dx, member, dropout, pool)
          if accumulates { Elementwise.add(part, to: dx, pool: pool) }
          accumulates = true
        }
      } else {
        term = MatrixProduct.Term(dReduced, stack.a)
      }
    }
    for place in members.indices {
      Linear.inputGradient(
        dy(place), members[place].weight, plus: place == 0 ? term : nil, into: dx,
        accumulates: accumulates || place > 0, scratch: scratch, pool: pool)
    }
  }

  private func drop(
    _ x: Matrix, _ member: LinearProjection, _ dropout: AdapterDropout, _ pool: ThreadPool
  ) -> Matrix {
    let dropped = dropout.scratch(for: x)
    mask(x, into: dropped, member, dropout, pool)
    return dropped
  }

  private func mask(
    _ x: Matrix, into y: Matrix, _ member: LinearProjection, _ dropout: AdapterDropout, _ pool: ThreadPool
  ) {
    Dropout.forward(
      x, into: y, rate: dropout.rate, seed: AdapterDropout.seed(dropout.seed, site: member.site), pool: pool)
  }
}
