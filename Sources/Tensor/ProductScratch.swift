import CKernels

/// The working memory of packed products: panels for each thread, and buffers of the calling one.
///
/// It serves one product at a time, from outside the pool's tasks.
struct ProductScratch: Sendable {
  /// A product's largest panel holds 32 columns of its inner dimension: this much serves a million rows. Only what
  /// is touched becomes resident.
  private static let byteCount = 64 << 20

  private let workers: [Storage]
  private let caller = Storage(count: ProductScratch.byteCount / MemoryLayout<Float>.stride)

  init(threadCount: Int) {
    workers = (0..<threadCount).map { _ in
      Storage(count: ProductScratch.byteCount / MemoryLayout<Float>.stride)
    }
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
    precondition(byteCount <= ProductScratch.byteCount, "panels of \(byteCount) bytes")
    return UnsafeMutableRawPointer(workers[worker].base)
  }

  /// The most rows of so many groups that `quantized` has room for.
  func quantizedRows(groups: Int) -> Int {
    ProductScratch.byteCount / (max(1, groups) * (Int(LK_Q8_GROUP) + MemoryLayout<Float>.stride))
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

  /// Two buffers of the calling thread: [rows, columns] of `dtype`, and [rows, width] of float32.
  func buffers(rows: Int, columns: Int, _ dtype: DType, width: Int) -> (left: Matrix, sums: Matrix) {
    let size = dtype.byteCount * rows * columns
    let offset = (size + Storage.alignment - 1) / Storage.alignment * Storage.alignment
    precondition(
      offset + 4 * rows * width <= ProductScratch.byteCount, "buffers of \(rows) x \(columns) and \(width)")
    let base = UnsafeMutableRawPointer(caller.base)
    return (
      Matrix(base, dtype, rows: rows, columns: columns),
      Matrix(base + offset, .float32, rows: rows, columns: width)
    )
  }
}
