#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A file's bytes in memory, read by the system as they are touched and never written.
///
/// A file that another program shortens meanwhile cannot be guarded against: reading past its new end
/// stops the process.
public final class MappedFile: Sendable {
  /// The path under which the file was opened.
  public let path: String

  /// The whole file; empty for an empty file.
  ///
  /// Valid as long as this object lives: keep it in a variable or property, since a temporary one, as in
  /// `use(try MappedFile(path: path).bytes)`, is gone before the bytes are used.
  ///
  /// Safe to share between threads: nobody writes the pages, and the last owner unmaps them.
  public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  /// Maps the file at `path`.
  ///
  /// - Throws: ``FileError`` where there is no such file, it is not an ordinary file or access is denied.
  public init(path: String) throws(FileError) {
    // Without O_NONBLOCK, opening a pipe waits for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(path: path, operation: .read, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(path: path, operation: .read, code: errno)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw FileError(path: path, operation: .read, problem: .isDirectory)
    default: throw FileError(path: path, operation: .read, problem: .notRegularFile)
    }
    self.path = path
    let count = Int(status.st_size)
    guard count > 0 else {  // the system refuses to map nothing
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw FileError(path: path, operation: .read, code: errno)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  /// Lets go of the memory of a part that has been read and will not be soon: until it is touched again, it counts
  /// to this process no more.
  ///
  /// - Parameter part: bytes of this file.
  public func release(_ part: UnsafeRawBufferPointer) {
    guard let start = part.baseAddress else { return }
    // Whole pages: what else lies on them is read anew when it is touched, and is the same.
    let lead = UInt(bitPattern: start) % UInt(getpagesize())
    madvise(UnsafeMutableRawPointer(mutating: start - Int(lead)), part.count + Int(lead), MADV_DONTNEED)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
