#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Why a file or folder cannot be read or written.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was to be done with the path.
  public enum Operation: Equatable, Sendable {
    /// Reading a file.
    case read
    /// Writing a file, its temporary twin included.
    case write
    /// Making a folder.
    case createDirectory
  }

  /// What stood in the way.
  public enum Problem: Equatable, Sendable {
    /// There is nothing at the path, or no folder to write into.
    case missing
    /// A symbolic link leads to nothing, as one to a disk that is not there.
    case brokenLink
    /// A folder stands where a file was expected.
    case isDirectory
    /// Something on the way to the path, or the path itself, is no folder.
    case notDirectory
    /// A pipe, a device or a socket stands where a file was expected.
    case notRegularFile
    /// The system denies access.
    case permissionDenied
    /// The file system is mounted read-only.
    case readOnly
    /// The disk or the quota is full.
    case noSpace
    /// The file would exceed the size limit of the process or the file system.
    case tooLarge
    /// The file begins with the byte order mark of UTF-16.
    case utf16
    /// Any other error number of the system.
    case system(code: Int32)
  }

  /// The file or folder that was asked for.
  public let path: String
  /// What was to be done with it.
  public let operation: Operation
  /// What stood in the way.
  public let problem: Problem

  /// Makes the error that `problem` stopped `operation` on `path`.
  public init(path: String, operation: Operation, problem: Problem) {
    self.path = path
    self.operation = operation
    self.problem = problem
  }

  /// Makes the error for an error number that a system call left in `errno`.
  package init(path: String, operation: Operation, code: Int32) {
    let problem: Problem =
      switch code {
      case ENOENT: .missing
      case EISDIR: .isDirectory
      case ENOTDIR: .notDirectory
      case EACCES, EPERM: .permissionDenied
      case EROFS: .readOnly
      case ENOSPC, EDQUOT: .noSpace
      case EFBIG: .tooLarge
      default: .system(code: code)
      }
    self.init(path: path, operation: operation, problem: problem)
  }

  /// `path: what was found; what was expected. What to do.`
  public var description: String { "\(path): \(finding); \(expectation). \(remedy)" }

  private var finding: String {
    switch problem {
    case .missing: operation == .read ? "found nothing there" : "found no folder to write into"
    case .brokenLink: "found a link to nothing"
    case .isDirectory: "found a folder"
    case .notDirectory: "found a file where the path needs a folder"
    case .notRegularFile: "found a device, pipe or socket"
    case .permissionDenied: "found that access is denied"
    case .readOnly: "found a read-only file system"
    case .noSpace: "found no space left on the disk or in the quota"
    case .tooLarge: "found the file size limit exceeded"
    case .utf16: "found text in UTF-16"
    case .system(let code): "found the system error \"\(String(cString: strerror(code)))\" (\(code))"
    }
  }

  private var expectation: String {
    switch operation {
    case .read: problem == .utf16 ? "expected UTF-8" : "expected a readable file"
    case .write: "expected to write a file"
    case .createDirectory: "expected to make a folder"
    }
  }

  private var remedy: String {
    switch (problem, operation) {
    case (.missing, .read): "Check the path."
    case (.missing, _): "Make the folder first or choose another path."
    case (.brokenLink, _): "Correct the link, or bring back what it leads to."
    case (.isDirectory, .read): "Name a file inside the folder."
    case (.isDirectory, _): "Choose another path."
    case (.notDirectory, _): "Correct the path or move the file away."
    case (.notRegularFile, _): "Name an ordinary file."
    case (.permissionDenied, .read): "Give this user read access."
    case (.permissionDenied, _): "Give this user write access to the folder or choose another path."
    case (.readOnly, _): "Choose a path on a writable disk."
    case (.noSpace, _): "Free some space or choose a path on another disk."
    case (.tooLarge, _): "Raise the limit (ulimit -f) or choose a path on another disk."
    case (.utf16, _): "Convert the file, with iconv -f UTF-16 -t UTF-8."
    case (.system, _): "Check the path and the disk."
    }
  }
}
