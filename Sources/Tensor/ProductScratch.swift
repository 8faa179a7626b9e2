import CKernels

/// The working memory of packed products: panels for each thread, and buffers of the calling one.
///
/// It serves one product at a time, from outside the pool's tasks.
struct ProductScratch: Sendable {
  /// A product's largest panel holds 32 columns of its inner dimension: this much serves a million rows. Only what
  /// is touched becomes resident.
  static let standardByteCount = 64 << 20

  private let byteCount: Int
  private let workers: [Storage]
  private let caller: Storage

  /// Reserves `byteCount` bytes for each thread, and as many for the calling one.
  init(threadCount: Int, byteCount: Int) {
    self.byteCount = byteCount
    workers = (0..<threadCount).map { _ in Storage(count: byteCount / MemoryLayout<Float>.stride) }
    caller = Storage(count: byteCount / MemoryLayout<Float>.stride)
  }

  /// Room for panels of either type.
  enum Panels {
    case float32(UnsafeMutablePointer<Float>)
    case bfloat16(UnsafeMutablePointer<UInt16>)

    /// The room behind the first `count` elements.
    func elements(from count: Int) -> Panels {
      switch self {
      case .float32(let base): .float32(base + count)
      case .bfloat16(let base): .bfloat16(base + count)
      }
    }
  }

  /// The panels of one worker in bytes.
  func panels(_ worker: Int, byteCount: Int) -> UnsafeMutableRawPointer {
    precondition(byteCount <= self.byteCount, "panels of \(byteCount) bytes")
    return UnsafeMutableRawPointer(workers[worker].base)
  }

  /// The most rows of so many groups that `quantized` has room for.
  func quantizedRows(groups: Int) -> Int {
    byteCount / (max(1, groups) * (Int(LK_Q8_GROUP) + MemoryLayout<Float>.stride))
  }

  /// A left operand of a product in eight bits, of the calling thread.
  func quantized(rows: Int, groups: Int) -> lk_q8_operand {
    precondition(rows <= quantizedRows(groups: groups), "\(rows) rows of \(groups) groups")
    let base = UnsafeMutableRawPointer(caller.base)
    let valueBytes = rows * groups * Int(LK_Q8_GROUP)
    return lk_q8_operand(
      values: base.assumingMemoryBound(to: UInt8.self),
      scales: (base + valueBytes).assumingMemoryBound(to: Float.self), groups: groups)
  }

  /// The panels of one worker, of at least `count` elements.
  func panels(_ worker: Int, count: Int, _ dtype: DType) -> Panels {
    let base = panels(worker, byteCount: dtype.byteCount * count)
    return dtype == .float32
      ? .float32(base.assumingMemoryBound(to: Float.self))
      : .bfloat16(base.assumingMemoryBound(to: UInt16.self))
  }

  /// How much of a product that needs `buffers` they have room for at once: columns of the first, and the width of the
  /// second.
  ///
  /// What does not fit whole leaves the sums a quarter of the room, in whole panels, and the other buffer an even number
  /// of columns: pairs of bfloat16 stay together.
  func largestBuffers(rows: Int, columns: Int, _ dtype: DType, width: Int) -> (columns: Int, width: Int) {
    if buffersByteCount(rows, columns, dtype, width) <= byteCount { return (columns, width) }
    let panel = PackedGEMM.panelColumns
    let widest = byteCount / 4 / (4 * rows) / panel * panel
    let width = min(width, max(panel, widest))
    let left = byteCount - Storage.alignment - 4 * rows * width
    return (min(columns, max(2, left / (dtype.byteCount * rows) / 2 * 2)), width)
  }

  /// Two buffers of the calling thread: [rows, columns] of `dtype`, and [rows, width] of float32.
  func buffers(rows: Int, columns: Int, _ dtype: DType, width: Int) -> (left: Matrix, sums: Matrix) {
    precondition(
      buffersByteCount(rows, columns, dtype, width) <= byteCount,
      "buffers of \(rows) x \(columns) and \(width)")
    let base = UnsafeMutableRawPointer(caller.base)
    return (
      Matrix(base, dtype, rows: rows, columns: columns),
      Matrix(base + aligned(dtype.byteCount * rows * columns), .float32, rows: rows, columns: width)
    )
  }

  private func buffersByteCount(_ rows: Int, _ columns: Int, _ dtype: DType, _ width: Int) -> Int {
    aligned(dtype.byteCount * rows * columns) + 4 * rows * width
  }

  private func aligned(_ size: Int) -> Int {
    (size + Storage.alignment - 1) / Storage.alignment * Storage.alignment
  }
}
