#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A file being written, of which readers see the old content or all of the new one, never a part.
///
/// The bytes go to a hidden temporary file in the same folder; ``commit()`` forces them to the disk and
/// gives them the name by a rename, which it forces to the disk as well. Without a commit the old file
/// stays as it was and the temporary file is removed. A symbolic link at the path is replaced. The new file has the
/// old one's permissions, and its owner where this process may give it away.
public struct AtomicFile: ~Copyable {
  private let path: String
  private let folder: String
  private let temporaryPath: String
  private var output: FileOutput
  private var isCommitted = false

  /// Opens the temporary file for a file at `path`.
  ///
  /// - Throws: ``FileError`` where the folder cannot take it, or where a folder or device has the name.
  public init(path: String) throws(FileError) {
    if path.hasSuffix("/") { throw FileError(path: path, operation: .write, problem: .isDirectory) }
    var status = stat()
    let replaces = stat(path, &status) == 0
    if replaces, status.st_mode & S_IFMT != S_IFREG {
      let isDirectory = status.st_mode & S_IFMT == S_IFDIR
      throw FileError(
        path: path, operation: .write, problem: isDirectory ? .isDirectory : .notRegularFile)
    }
    let folder = parentFolder(of: path)
    let suffix = String(UInt64.random(in: 0...UInt64.max), radix: 16)
    let temporaryPath = "\(folder)/.partial-\(suffix)"
    // What others may not read must not be theirs for a moment either.
    let descriptor = open(
      temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, replaces ? 0o600 : 0o644)
    guard descriptor >= 0 else { throw FileError(path: path, operation: .write, code: errno) }
    if replaces {
      // The owner first: giving a file away takes rights from it. A file system without owners and permissions says
      // no to both, and has none to widen.
      _ = fchown(descriptor, status.st_uid, status.st_gid)
      _ = fchmod(descriptor, status.st_mode & 0o7777)
    }
    self.path = path
    self.folder = folder
    self.temporaryPath = temporaryPath
    self.output = FileOutput(descriptor: descriptor, path: path)
  }

  deinit {
    if !isCommitted { unlink(temporaryPath) }
  }

  /// Appends `bytes`.
  ///
  /// - Throws: ``FileError`` where the disk cannot take them; give the file up then.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try output.append(bytes)
  }

  /// Appends `bytes`; see ``append(_:)-(UnsafeRawBufferPointer)``.
  public mutating func append(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in
      try output.append(UnsafeRawBufferPointer(buffer))
    }
  }

  /// Puts the file in place; nothing may be appended afterwards.
  ///
  /// - Throws: ``FileError`` where the disk cannot take it. The old file is then still in place, unless
  ///   only the last step failed, which makes the new name durable.
  public mutating func commit() throws(FileError) {
    try output.synchronize()
    guard rename(temporaryPath, path) == 0 else {
      throw FileError(path: path, operation: .write, code: errno)
    }
    isCommitted = true
    try synchronizeFolder(folder)
  }
}

extension AtomicFile {
  /// Writes `bytes` as the file at `path`.
  ///
  /// - Throws: ``FileError`` where the file cannot be written.
  public static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(FileError) {
    var file = try AtomicFile(path: path)
    try file.append(bytes)
    try file.commit()
  }

  /// Writes `bytes` as the file at `path`; see ``write(_:to:)-(UnsafeRawBufferPointer,_)``.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in
      try write(UnsafeRawBufferPointer(buffer), to: path)
    }
  }

  /// Writes `text` in UTF-8 as the file at `path`; see ``write(_:to:)-(UnsafeRawBufferPointer,_)``.
  public static func write(_ text: String, to path: String) throws(FileError) {
    try write(Array(text.utf8), to: path)
  }

  /// Makes the folder at `path` and the folders above it; a folder that exists is fine.
  ///
  /// - Throws: ``FileError`` where a folder cannot be made.
  public static func createDirectory(_ path: String) throws(FileError) {
    if mkdir(path, 0o755) == 0 { return try synchronizeFolder(parentFolder(of: path)) }
    switch errno {
    case EEXIST:
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw FileError(path: path, operation: .createDirectory, problem: .notDirectory)
      }
    case ENOENT where parentFolder(of: path) != "." && !path.isEmpty:
      try createDirectory(parentFolder(of: path))
      guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
        throw FileError(path: path, operation: .createDirectory, code: errno)
      }
      try synchronizeFolder(parentFolder(of: path))
    case let code:
      throw FileError(path: path, operation: .createDirectory, code: code)
    }
  }
}

/// The folder that holds `path`: "a/b" and "a/b/" are in "a", "b" is in ".", "/b" is in "/".
func parentFolder(of path: String) -> String {
  let trimmed = path.prefix(
    upTo: path.lastIndex { $0 != "/" }.map { path.index(after: $0) } ?? path.startIndex)
  guard let slash = trimmed.lastIndex(of: "/") else { return path.hasPrefix("/") ? "/" : "." }
  return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
}

/// Forces the names in `folder` to the disk.
func synchronizeFolder(_ folder: String) throws(FileError) {
  let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError(path: folder, operation: .write, code: errno) }
  defer { close(descriptor) }
  // Some network file systems cannot do this and say EINVAL; there is nothing more to do on them.
  guard fsync(descriptor) == 0 || errno == EINVAL else {
    throw FileError(path: folder, operation: .write, code: errno)
  }
}
