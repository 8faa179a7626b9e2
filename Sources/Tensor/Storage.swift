import Foundation

/// Owned float32 memory, aligned to a cache line and zero at first.
public final class Storage: @unchecked Sendable {
  // Safe to send because the address and count never change; writers settle among themselves who writes where.

  /// The alignment of every allocation in bytes: one cache line, and the widest vector register.
  public static let alignment = 64

  /// The first element.
  public let base: UnsafeMutablePointer<Float>
  /// The number of elements.
  public let count: Int

  private let byteCount: Int

  /// Reserves `count` zeroed elements. Pages become resident when they are first touched.
  public init(count: Int) {
    precondition(count >= 0, "a storage of \(count) elements")
    self.count = count
    // Anonymous mappings are zero and page-aligned, and give their pages back when unmapped, which the
    // allocator's arenas do not.
    byteCount = max(count, 1) * MemoryLayout<Float>.stride
    let address = mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let address, address != MAP_FAILED else {
      preconditionFailure("the system refused to map \(byteCount) bytes (errno \(errno))")
    }
    base = address.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  deinit { munmap(base, byteCount) }

  /// A matrix over the first `rows` × `columns` elements.
  public func matrix(rows: Int, columns: Int) -> Matrix {
    precondition(rows * columns <= count, "\(rows) x \(columns) in a storage of \(count)")
    return Matrix(base, rows: rows, columns: columns)
  }
}
