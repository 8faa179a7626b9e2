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

  /// The panels of one worker, of at least `count` bfloat16 elements.
  func panels(_ worker: Int, count: Int) -> UnsafeMutablePointer<UInt16> {
    precondition(2 * count <= ProductScratch.byteCount, "panels of \(count) elements")
    return UnsafeMutableRawPointer(workers[worker].base).assumingMemoryBound(to: UInt16.self)
  }

  /// Two buffers of the calling thread: [rows, columns] of bfloat16, and [rows, width] of float32.
  func buffers(rows: Int, columns: Int, width: Int) -> (half: Matrix, single: Matrix) {
    let offset = (2 * rows * columns + Storage.alignment - 1) / Storage.alignment * Storage.alignment
    precondition(
      offset + 4 * rows * width <= ProductScratch.byteCount, "buffers of \(rows) x \(columns) and \(width)")
    let base = UnsafeMutableRawPointer(caller.base)
    return (
      Matrix(base, .bfloat16, rows: rows, columns: columns),
      Matrix(base + offset, .float32, rows: rows, columns: width)
    )
  }
}
