import CKernels
import Foundation
import Synchronization

/// The products of one row with several matrices, in one pass of the threads over the weights:
///
///     yᵢ = Wᵢ·x + bᵢ + s·Bᵢ·(Aᵢ·x)
///
/// Drafting reads every weight once a token and does little else, so it runs at the speed of memory where no thread
/// waits: matrices that read the same row share one division of the work.
public final class RowProducts: Sendable {
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
    /// The panels of the rows, and [R], where A·x is.
    let update: (b: Matrix, reduced: Matrix)?
    let y: UnsafeMutablePointer<Float>
    let accumulates: Bool
  }

  private let input: RowInput
  private let members: [Member]
  private let reductions: [(a: WeightMatrix, reduced: Matrix)]
  private let tasks: [Task]
  /// How many of the reductions of a call are not finished.
  private let pending = Atomic<Int>(0)

  /// The least that a task reads in one piece. Where two cores take pieces of 32 KiB in turn they read at 46 GB/s, of
  /// 128 KiB at 60, of a megabyte at 65: the processor's prefetch runs past the end of each.
  private static let taskBytes = 128 << 10
  /// Enough for threads that fall behind to be helped.
  private static let mostTasks = 64

  /// Divides the work.
  ///
  /// - Parameters:
  ///   - threadCount: of the pool, to which the number of tasks fits. It shows in no result: each row is one sum.
  ///   - workspace: gives each update room for A·x.
  public init(_ input: RowInput, _ members: [Member], threadCount: Int, workspace: Workspace) {
    self.input = input
    self.members = members
    let bytes = members.reduce(0) { $0 + $1.weight.rows * $1.weight.rowBytes }
    let shares = max(1, min(RowProducts.mostTasks, bytes / RowProducts.taskBytes) / threadCount) * threadCount
    var reductions: [(a: WeightMatrix, reduced: Matrix)] = []
    tasks = members.flatMap { member in
      let weight = member.weight
      let update = member.update.map { update in
        let reduced = workspace.take("decode adapter", rows: 1, columns: update.a.rows)
        reductions.append((update.a, reduced))
        return (b: update.b, reduced: reduced)
      }
      // Each member is cut into about as many of the shares as its bytes are, in whole panels.
      let parts = max(1, (weight.rows * weight.rowBytes * shares + bytes / 2) / max(bytes, 1))
      let panel = PackedGEMM.panelColumns
      let rows = ((weight.rows + parts - 1) / parts + panel - 1) / panel * panel
      return stride(from: 0, to: weight.rows, by: max(rows, panel)).map { first in
        let part = first..<min(weight.rows, first + rows)
        return Task(
          weight: weight.rows(part), bias: member.bias.map { UnsafePointer($0.base + first) },
          update: update.map {
            (
              $0.b.rows(first / RowUpdate.panel..<(part.upperBound - 1) / RowUpdate.panel + 1),
              $0.reduced
            )
          },
          y: member.y.base + first, accumulates: member.accumulates)
      }
    }
    self.reductions = reductions
  }

  /// Computes every product from the input's values as `prepare` left them.
  ///
  /// The products A·x are the first tasks, and a task that needs them waits for them only when its own rows are done.
  /// Nothing waits for ever: every worker takes its own tasks in order, so none of those that compute A·x has one
  /// before it that waits.
  public func compute(pool: ThreadPool) {
    pending.store(reductions.count, ordering: .relaxed)
    tasks.withUnsafeBufferPointer { tasks in
      pool.parallel(reductions.count + tasks.count) { index in
        if index < reductions.count {
          input.multiply(reductions[index].a, into: reductions[index].reduced.base, adds: false)
          pending.subtract(1, ordering: .releasing)
        } else {
          run(tasks[index - reductions.count])
        }
      }
    }
  }

  private func run(_ task: Task) {
    let rows = task.weight.rows
    if let (b, _) = task.update {
      // A few KiB, too short for the processor to prefetch by itself when their turn comes.
      lk_prefetch(b.address, b.count * b.dtype.byteCount)
    }
    if let bias = task.bias {
      if !task.accumulates { task.y.update(repeating: 0, count: rows) }
      lk_add_bias_f32(task.y, rows, bias, 1, rows, kernelLevel)
    }
    input.multiply(task.weight, into: task.y, adds: task.accumulates || task.bias != nil)
    if let (b, reduced) = task.update {
      var spins = 0
      while pending.load(ordering: .acquiring) > 0 {
        spins += 1
        // Where there are more threads than cores, the one that computes A·x may be waiting for this one's.
        if spins < 1_000 { lk_cpu_relax() } else { sched_yield() }
      }
      lk_add_low_rank(task.y, reduced.base, b.kernelRows, reduced.columns, rows, kernelLevel)
    }
  }
}
