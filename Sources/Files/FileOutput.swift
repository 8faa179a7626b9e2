#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The owner of a file descriptor that is written from front to back.
package struct FileOutput: ~Copyable {
  private let path: String
  private var descriptor: Int32

  /// Takes over `descriptor`; errors name `path`.
  package init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Writes all of `bytes`, however many calls that takes.
  package func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var remaining = bytes
    while !remaining.isEmpty {
      let written = write(descriptor, remaining.baseAddress, remaining.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw FileError(path: path, operation: .write, code: errno)
      }
      remaining = UnsafeRawBufferPointer(rebasing: remaining.dropFirst(written))
    }
  }

  /// Forces what was written to the disk and closes the file; some disks report their errors only here.
  mutating func synchronize() throws(FileError) {
    guard fsync(descriptor) == 0 else { throw FileError(path: path, operation: .write, code: errno) }
    let closed = descriptor
    descriptor = -1
    guard close(closed) == 0 else { throw FileError(path: path, operation: .write, code: errno) }
  }
}
