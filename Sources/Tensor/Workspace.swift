/// One block of memory from which a run takes all of its buffers before the first step.
///
/// A workspace is laid out twice with the same code: once to measure (`Workspace.planning`), which hands out
/// no memory and only adds up sizes, and once for real. What the plan printed is therefore what the run uses.
public final class Workspace {
  /// A named share of the workspace.
  public struct Entry: Sendable, Equatable {
    /// What the buffer holds.
    public let name: String
    /// Its size in bytes, padding to the alignment included.
    public let byteCount: Int
  }

  /// The buffers handed out so far, in order.
  public private(set) var entries: [Entry] = []
  private let storage: Storage?
  private var used = 0

  /// Makes a workspace that only measures.
  public static func planning() -> Workspace { Workspace(storage: nil) }

  /// Makes a workspace of `byteCount` bytes.
  public convenience init(byteCount: Int) {
    self.init(storage: Storage(count: byteCount / MemoryLayout<Float>.stride))
  }

  private init(storage: Storage?) { self.storage = storage }

  /// The bytes handed out so far.
  public var byteCount: Int { used * MemoryLayout<Float>.stride }

  /// Hands out the next `rows` × `columns` elements; in a planning workspace they are only counted, and the matrix
  /// must not be read or written.
  public func take(_ name: String, rows: Int, columns: Int, _ dtype: DType = .float32) -> Matrix {
    let lane = Storage.alignment / MemoryLayout<Float>.stride
    let lines = (rows * columns * dtype.byteCount + Storage.alignment - 1) / Storage.alignment
    let padded = lines * lane
    entries.append(Entry(name: name, byteCount: lines * Storage.alignment))
    defer { used += padded }
    guard let storage else { return Matrix(Workspace.nowhere, dtype, rows: rows, columns: columns) }
    precondition(used + padded <= storage.count, "\(name): \(used + padded) elements of \(storage.count)")
    return Matrix(UnsafeMutableRawPointer(storage.base + used), dtype, rows: rows, columns: columns)
  }

  // A planning workspace's matrices are shapes only. Their address is never read or written, because a plan is
  // made by the layout code alone, which computes nothing.
  private nonisolated(unsafe) static let nowhere = UnsafeMutableRawPointer.allocate(
    byteCount: 1, alignment: 1)
}
