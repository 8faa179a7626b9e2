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

  /// Some of one member's rows. Only addresses: to copy one touches no reference count.
  private struct Piece: @unchecked Sendable {
    // Safe to send because each piece has its own part of y, and nobody writes what they read meanwhile.

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
  /// All rows of all members in order, cut where a task or a member ends.
  private let pieces: [Piece]
  /// The pieces of each task.
  private let tasks: [Range<Int>]
  /// Whether A·x of a call is still to be computed.
  private let isReducing = Atomic<Bool>(false)

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
    let updates = members.map { member in
      member.update.map { update in
        (
          a: update.a, b: update.b,
          reduced: workspace.take("decode adapter", rows: 1, columns: update.a.rows)
        )
      }
    }
    reductions = updates.compactMap { $0.map { ($0.a, $0.reduced) } }
    // The first task reads A before its rows, and gets correspondingly fewer of them.
    var position = reductions.reduce(0) { $0 + $1.a.rows * $1.a.rowBytes }
    let total = max(1, bytes + position)
    var (pieces, ends): ([Piece], [Int: Int]) = ([], [:])
    for (member, update) in zip(members, updates) {
      let weight = member.weight
      var first = 0
      while first < weight.rows {
        let share = position * shares / total
        var rows = first..<first
        // Whole panels, all that begin within the share.
        repeat {
          let next = min(weight.rows, rows.upperBound + PackedGEMM.panelColumns)
          position += (next - rows.upperBound) * weight.rowBytes
          rows = first..<next
        } while rows.upperBound < weight.rows && position * shares / total == share
        pieces.append(
          Piece(
            weight: weight.rows(rows), bias: member.bias.map { UnsafePointer($0.base + first) },
            update: update.map {
              (
                $0.b.rows(first / RowUpdate.panel..<(rows.upperBound - 1) / RowUpdate.panel + 1),
                $0.reduced
              )
            },
            y: member.y.base + first, accumulates: member.accumulates))
        ends[share] = pieces.count
        first = rows.upperBound
      }
    }
    let cuts = ends.values.sorted()
    tasks = zip([0] + cuts, cuts).map { $0..<$1 }
    self.pieces = pieces
  }

  /// Asks memory for the matrices A, a few KiB each that the next `compute` begins with.
  public func prefetchUpdates() {
    for (a, _) in reductions { lk_prefetch(a.base, a.rows * a.rowBytes) }
  }

  /// Computes every product from the input's values as `prepare` left them.
  ///
  /// The first task computes the products A·x before its rows, and whoever needs them waits for them only when its
  /// own rows are done. Nothing waits for ever: every worker takes its own tasks in order, so the first is never behind
  /// one that waits for it.
  public func compute(pool: ThreadPool) {
    isReducing.store(!reductions.isEmpty, ordering: .relaxed)
    pieces.withUnsafeBufferPointer { pieces in
      pool.parallel(tasks.count) { task in
        if task == 0, !reductions.isEmpty {
          for (a, reduced) in reductions { input.multiply(a, into: reduced.base, adds: false) }
          isReducing.store(false, ordering: .releasing)
        }
        for piece in tasks[task] { run(pieces[piece]) }
      }
    }
  }

  private func run(_ piece: Piece) {
    let rows = piece.weight.rows
    if let (b, _) = piece.update {
      // A few KiB, too short for the processor to prefetch by itself when their turn comes.
      lk_prefetch(b.address, b.count * b.dtype.byteCount)
    }
    if let bias = piece.bias {
      if !piece.accumulates { piece.y.update(repeating: 0, count: rows) }
      lk_add_bias_f32(piece.y, rows, bias, 1, rows, kernelLevel)
    }
    input.multiply(piece.weight, into: piece.y, adds: piece.accumulates || piece.bias != nil)
    if let (b, reduced) = piece.update {
      var spins = 0
      while isReducing.load(ordering: .acquiring) {
        spins += 1
        // Where there are more threads than cores, the one that computes A·x may be waiting for this one's.
        if spins < 1_000 { lk_cpu_relax() } else { sched_yield() }
      }
      lk_add_low_rank(piece.y, reduced.base, b.kernelRows, reduced.columns, rows, kernelLevel)
    }
  }
}
