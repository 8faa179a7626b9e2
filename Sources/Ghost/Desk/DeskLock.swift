import Files
import Foundation

/// The right to change a desk's files, which one process at a time has.
///
/// The system gives it back when the process ends, however it ends, so that no stale lock can stay behind.
struct DeskLock: ~Copyable {
  private let descriptor: Int32

  /// Waits for the lock of the desk in `folder`.
  ///
  /// - Throws: ``DeskError/busy(folder:)`` where another process keeps it; `FileError` where it cannot be made.
  init(_ folder: String, patience: Duration = .seconds(5)) throws {
    let path = "\(folder)/.ghost.lock"
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
        throw DeskError.busy(folder: folder)
      }
      usleep(10_000)
    }
  }

  deinit { close(descriptor) }
}
