import Foundation

/// Owned float32 memory, aligned to a cache line and zero at first.
public final class Storage: @unchecked Sendable {
  // Safe to send because the address and count never change; writers settle among themselves who writes where.

  /// The alignment of every allocation in bytes: one cache line, and the widest vector register.
  public static let alignment = 64

  /// The size of the pages that large storages are asked to lie in. Where every 4 KiB of a buffer may be anywhere,
  /// some parts of a cache take more of it than they hold and others none.
  private static let largePageBytes = 2 << 20

  /// The first element.
  public let base: UnsafeMutablePointer<Float>
  /// The number of elements.
  public let count: Int

  private let mapping: UnsafeMutableRawBufferPointer

  /// Reserves `count` zeroed elements. Pages become resident when they are first touched.
  public init(count: Int) {
    precondition(count >= 0, "a storage of \(count) elements")
    self.count = count
    // Anonymous mappings are zero and page-aligned, and give their pages back when unmapped, which the
    // allocator's arenas do not.
    let byteCount = max(count, 1) * MemoryLayout<Float>.stride
    // What fills large pages gets them: they begin at a multiple of their size.
    let page = Storage.largePageBytes
    let isLarge = byteCount >= page
    let mapped = byteCount + (isLarge ? page : 0)
    let address = mmap(
      nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let address, address != MAP_FAILED else {
      // The message of a failed precondition is not printed in optimised code.
      fatalError("the system refused to map \(byteCount) bytes (errno \(errno))")
    }
    mapping = UnsafeMutableRawBufferPointer(start: address, count: mapped)
    let start = isLarge ? address.alignedUp(toMultipleOf: page) : address
    // Advice that the system does not take costs speed at most.
    if isLarge { madvise(start, byteCount, MADV_HUGEPAGE) }
    base = start.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  deinit { munmap(mapping.baseAddress, mapping.count) }

  /// A matrix over the first `rows` × `columns` elements.
  public func matrix(rows: Int, columns: Int) -> Matrix {
    precondition(rows * columns <= count, "\(rows) x \(columns) in a storage of \(count)")
    return Matrix(base, rows: rows, columns: columns)
  }
}
