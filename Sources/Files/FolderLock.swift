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
/// file `.ghost.lock` carries it, and goes with it.
public struct FolderLock: ~Copyable {
  /// The name of the file that carries the lock.
  public static let name = ".ghost.lock"

  private let path: String
  private let descriptor: Int32

  /// Waits for the lock of a folder.
  ///
  /// - Throws: ``FolderBusy`` where another process keeps it; where it cannot be made, ``FileError`` with the folder.
  public init(_ folder: String, patience: Duration = .seconds(5)) throws {
    let path = "\(folder)/\(FolderLock.name)"
    let deadline = ContinuousClock.now + patience
    while true {
      let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard opened >= 0 else { throw FileError(path: folder, operation: .write, code: errno) }
      let isLocked = flock(opened, LOCK_EX | LOCK_NB) == 0
      let code = errno
      // The one before may have removed the file between the two calls: a lock of a file that nobody else will find.
      if isLocked, FolderLock.isFile(opened, at: path) {
        (self.path, descriptor) = (path, opened)
        return
      }
      close(opened)
      guard isLocked || code == EWOULDBLOCK || code == EINTR else {
        throw FileError(path: folder, operation: .write, code: code)
      }
      guard ContinuousClock.now < deadline else { throw FolderBusy(folder: folder) }
      if !isLocked { usleep(10_000) }
    }
  }

  deinit {
    unlink(path)
    close(descriptor)
  }

  private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
    var (opened, found) = (stat(), stat())
    return fstat(descriptor, &opened) == 0 && stat(path, &found) == 0
      && opened.st_dev == found.st_dev && opened.st_ino == found.st_ino
  }
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
