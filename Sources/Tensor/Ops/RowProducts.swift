import CKernels

/// The products of one row with several matrices, in one pass of the threads over the weights:
///
///     yᵢ = Wᵢ·x + bᵢ + s·Bᵢ·(Aᵢ·x)
///
/// Drafting reads every weight once a token and does little else, so it runs at the speed of memory where no thread
/// waits: matrices that read the same row share one division of the work.
public struct RowProducts: Sendable {
  /// One of the products.
  public struct Member: Sendable {
    let weight: WeightMatrix
    let bias: Matrix?
    let update: RowUpdate?
    let y: Matrix
    let accumulates: Bool

    /// Describes a product.
    ///
    /// - Parameters:
    ///   - weight: [out, in].
    ///   - bias: [1, out].
    ///   - y: [1, out]; overwritten, or added to where `accumulates`.
    public init(
      _ weight: WeightMatrix, bias: Matrix? = nil, update: RowUpdate? = nil, into y: Matrix,
      accumulates: Bool = false
    ) {
      precondition(y.rows == 1 && y.columns == weight.rows, "[\(y.rows), \(y.columns)] for \(weight.rows)")
      self.weight = weight
      self.bias = bias
      self.update = update
      self.y = y
      self.accumulates = accumulates
    }
  }

  /// A part of one member's rows. Only addresses: to copy one touches no reference count.
  private struct Task: @unchecked Sendable {
    // Safe to send because each task writes its own part of y, and nobody writes what they read meanwhile.

    let weight: WeightMatrix
    let bias: UnsafePointer<Float>?
    /// [R, rows], the part of s·Bᵀ, and [R], where A·x is.
    let update: (b: Matrix, reduced: UnsafePointer<Float>)?
    let y: UnsafeMutablePointer<Float>
    let accumulates: Bool
  }

  private let input: RowInput
  private let members: [Member]
  private let reductions: [(a: WeightMatrix, reduced: Matrix)]
  private let tasks: [Task]

  /// A task reads about so many bytes, which takes a core one microsecond, many times what claiming it does.
  private static let taskBytes = 32 << 10

  /// Divides the work.
  ///
  /// - Parameter workspace: gives each update room for A·x.
  public init(_ input: RowInput, _ members: [Member], workspace: Workspace) {
    self.input = input
    self.members = members
    var reductions: [(a: WeightMatrix, reduced: Matrix)] = []
    tasks = members.flatMap { member in
      let weight = member.weight
      let update = member.update.map { update in
        let reduced = workspace.take("decode adapter", rows: 1, columns: update.a.rows)
        reductions.append((update.a, reduced))
        return (b: update.b, reduced: reduced)
      }
      // Whole cache lines of y.
      let rows = (RowProducts.taskBytes / max(weight.rowBytes, 1) / 16 + 1) * 16
      return stride(from: 0, to: weight.rows, by: rows).map { first in
        let part = first..<min(weight.rows, first + rows)
        return Task(
          weight: weight.rows(part), bias: member.bias.map { UnsafePointer($0.base + first) },
          update: update.map { ($0.b.matrix.columns(part), UnsafePointer($0.reduced.base)) },
          y: member.y.base + first, accumulates: member.accumulates)
      }
    }
    self.reductions = reductions
  }

  /// Computes every product from the input's values as `prepare` left them.
  public func compute(pool: ThreadPool) {
    for (a, reduced) in reductions { input.multiply(a, into: reduced.base, adds: false) }
    tasks.withUnsafeBufferPointer { tasks in
      pool.parallel(tasks.count) { index in RowProducts.run(tasks[index], input) }
    }
  }

  private static func run(_ task: Task, _ input: RowInput) {
    let rows = task.weight.rows
    if let bias = task.bias {
      if !task.accumulates { task.y.update(repeating: 0, count: rows) }
      lk_add_bias_f32(task.y, rows, bias, 1, rows, kernelLevel)
    }
    input.multiply(task.weight, into: task.y, adds: task.accumulates || task.bias != nil)
    if let (b, reduced) = task.update {
      lk_add_weighted_rows(task.y, reduced, b.kernelRows, b.rows, rows, kernelLevel)
    }
  }
}
