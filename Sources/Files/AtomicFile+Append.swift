#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension AtomicFile {
  /// Writes the file at `path` anew with lines at its end: it is there afterwards as it was, or with all of them. A link
  /// stays a link, and the file that it leads to gets the lines; where that is not there, as on a disk that is not
  /// mounted, nothing takes its place. Hold the ``FolderLock`` of that file's folder
  /// where others may add to it as well.
  ///
  /// - Parameter lines: without their line ends.
  /// - Returns: whether the file is new.
  /// - Throws: ``FileError`` where it cannot be read or written, or is a link to nothing.
  @discardableResult
  public static func append(_ lines: [[UInt8]], to path: String) throws(FileError) -> Bool {
    let old: MappedFile?
    do {
      old = try MappedFile(path: path)
    } catch  where error.problem == .missing {
      var status = stat()
      if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
        throw FileError(path: path, operation: .write, problem: .brokenLink)
      }
      old = nil
    }
    var output = try AtomicFile(path: target(of: path))
    if let old {
      try output.append(old.bytes)
      if let last = old.bytes.last, last != 0x0A { try output.append([0x0A]) }
    }
    for line in lines { try output.append(line + [0x0A]) }
    try output.commit()
    return old == nil
  }

  /// The file that a path leads to through its links; the path itself where there is nothing.
  public static func target(of path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The folder of the file that a path leads to.
  public static func targetFolder(of path: String) -> String { parentFolder(of: target(of: path)) }
}
