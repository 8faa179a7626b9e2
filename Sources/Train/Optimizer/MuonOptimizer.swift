import Model
import Tensor

/// Muon for the matrices inside the decoder layers, and AdamW for everything else: embedding, head and vectors.
///
/// A matrix moves along the orthogonalised running mean of its gradients,
///
///     M ← μ·M + (1 − μ)·G,   U = orthogonalise((1 − μ)·G + μ·M),
///     P ← P − η·λ·P − η·0.2·√max(rows, columns)·U
///
/// so that every direction of the matrix learns at the same pace. The reports below find a lower loss than AdamW's
/// at equal tokens when a whole model trains from scratch; it was not compared here. The factor 0.2·√max matches the size of an AdamW step, so both
/// kinds of parameters share one learning rate.
///
/// - SeeAlso: Jordan, 2024 (kellerjordan.github.io/posts/muon); Liu et al., 2025 (arXiv:2502.16982) for the
///   factor; `torch.optim.Muon` with `adjust_lr_fn="match_rms_adamw"` computes the same.
public final class MuonOptimizer: Optimizer {
  /// The parameters that it moves.
  public let parameters: ParameterSet
  /// The steps taken.
  public var step: Int {
    get { rest.step }
    set { rest.step = newValue }
  }

  private let rest: AdamWOptimizer
  private let weightDecay: Float
  private let matrices: [Int]
  /// Scratch per matrix: the orthogonalised update, its square and a polynomial of that.
  private let scratch: [Storage]

  private static let momentum: Float = 0.95
  private static let iterations = 5

  /// Starts with zero moments.
  public init(_ parameters: ParameterSet, weightDecay: Double) {
    func isHidden(_ entry: ParameterSet.Entry) -> Bool {
      !entry.isVector && entry.name.hasPrefix("model.layers.")
    }
    self.parameters = parameters
    self.weightDecay = Float(weightDecay)
    matrices = parameters.entries.indices.filter { isHidden(parameters.entries[$0]) }
    // The second β of most published small-model recipes; the default suits far longer averages.
    rest = AdamWOptimizer(parameters, weightDecay: weightDecay, beta2: 0.95) { !isHidden($0) }
    scratch = matrices.map { index in
      let entry = parameters.entries[index]
      let short = min(entry.rows, entry.columns)
      return Storage(count: 2 * entry.rows * entry.columns + 2 * short * short)
    }
  }

  /// The moments. The momentum lies in AdamW's first moments, which AdamW leaves alone for these matrices.
  public var state: [(name: String, storage: Storage)] { rest.state }

  /// Takes one step with the gradients multiplied by `gradientScale`.
  public func update(learningRate: Double, gradientScale: Float, pool: ThreadPool) {
    rest.update(learningRate: learningRate, gradientScale: gradientScale, pool: pool)
    pool.parallel(matrices.count) { task in
      updateMatrix(task, Float(learningRate), gradientScale)
    }
  }

  private func updateMatrix(_ task: Int, _ learningRate: Float, _ gradientScale: Float) {
    let entry = parameters.entries[matrices[task]]
    let (value, gradient) = (parameters.value(matrices[task]), parameters.gradient(matrices[task]))
    let momentum = rest.firstMoments.base + entry.offset
    let update = scratch[task].matrix(rows: entry.rows, columns: entry.columns)
    let mu = MuonOptimizer.momentum
    for index in 0..<value.count {
      let g = gradient.base[index] * gradientScale
      momentum[index] += (1 - mu) * (g - momentum[index])
      update.base[index] = g + mu * (momentum[index] - g)
    }
    orthogonalize(update, scratch: update.base + update.count)
    let rate = learningRate * 0.2 * Float(max(entry.rows, entry.columns)).squareRoot()
    let keep = 1 - learningRate * weightDecay
    for index in 0..<value.count { value.base[index] = value.base[index] * keep - rate * update.base[index] }
  }

  /// Replaces X = U·Σ·Vᵀ by about U·Vᵀ: five Newton–Schulz steps X ← a·X + (b·A + c·A²)·X with A = X·Xᵀ, from X
  /// scaled to a norm of 1, with Jordan's coefficients, which bring every singular value to about 0.7 … 1.2.
  ///
  /// - Parameter scratch: room for as many values as X, and twice the square of its shorter side.
  func orthogonalize(_ x: Matrix, scratch: UnsafeMutablePointer<Float>) {
    let short = min(x.rows, x.columns)
    // Squares are taken on the shorter side, where they are cheaper and have full rank.
    let isWide = x.rows <= x.columns
    let next = Matrix(scratch, rows: x.rows, columns: x.columns)
    let square = Matrix(scratch + x.count, rows: short, columns: short)
    let polynomial = Matrix(scratch + x.count + short * short, rows: short, columns: short)
    var sum = 0.0
    for index in 0..<x.count { sum += Double(x.base[index]) * Double(x.base[index]) }
    let scale = Float(1 / max(sum.squareRoot(), 1e-7))
    for index in 0..<x.count { x.base[index] *= scale }
    let serial = MuonOptimizer.serial
    for _ in 0..<MuonOptimizer.iterations {
      GEMM.multiply(x, transposeA: !isWide, x, transposeB: isWide, into: square, pool: serial)
      polynomial.copy(from: square)
      GEMM.multiply(square, square, into: polynomial, alpha: 2.0315, beta: -4.7750, pool: serial)
      next.copy(from: x)
      if isWide {
        GEMM.multiply(polynomial, x, into: next, beta: 3.4445, pool: serial)
      } else {
        GEMM.multiply(x, polynomial, into: next, beta: 3.4445, pool: serial)
      }
      x.copy(from: next)
    }
  }

  // Each matrix is one task of the run's pool already.
  private static let serial = ThreadPool(threadCount: 1)
}
