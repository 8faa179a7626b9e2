#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The right to change the files of a folder, which one process at a time has: whoever reads a file to write it anew
/// with more in it takes it first, so that none loses what another added.
///
/// The system gives it back when the process ends, however it ends, so that no stale lock can stay behind. The empty
/// file `.ghost.lock` stays, since removing it would hand two processes two different locks.
public struct FolderLock: ~Copyable {
  /// The name of the file that carries the lock.
  public static let name = ".ghost.lock"

  private let descriptor: Int32

  /// Waits for the lock of a folder.
  ///
  /// - Throws: ``FolderBusy`` where another process keeps it; ``FileError`` where it cannot be made.
  public init(_ folder: String, patience: Duration = .seconds(5)) throws {
    let path = "\(folder)/\(FolderLock.name)"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(path: path, operation: .write, code: errno) }
    let deadline = ContinuousClock.now + patience
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      guard code == EWOULDBLOCK || code == EINTR else {
        close(descriptor)
        throw FileError(path: path, operation: .write, code: code)
      }
      guard ContinuousClock.now < deadline else {
        close(descriptor)
        throw FolderBusy(folder: folder)
      }
      usleep(10_000)
    }
  }

  deinit { close(descriptor) }
}

/// A folder whose files another process is changing.
public struct FolderBusy: Error, Equatable, Sendable, CustomStringConvertible {
  /// The folder.
  public let folder: String

  /// What was found, what was expected and what to do.
  public var description: String {
    "\(folder): found another command at work there; expected to be alone. Try again when it is done."
  }
}
