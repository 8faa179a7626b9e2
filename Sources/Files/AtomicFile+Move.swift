#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension AtomicFile {
  /// Gives a file or folder another place on the same disk, in one step that survives a crash. Where it has been moved
  /// already, this does nothing.
  ///
  /// Whoever calls this holds the lock of the folder: what takes the new place in the same moment would be replaced.
  ///
  /// - Throws: ``FileError`` where it cannot be moved, or where something else has the new place.
  public static func move(_ source: String, to destination: String) throws(FileError) {
    var status = stat()
    if stat(source, &status) != 0, errno == ENOENT, stat(destination, &status) == 0 { return }
    guard lstat(destination, &status) != 0 else {
      throw FileError(path: destination, operation: .write, code: EEXIST)
    }
    try createDirectory(parentFolder(of: destination))
    guard rename(source, destination) == 0 else {
      throw FileError(path: destination, operation: .write, code: errno)
    }
    try synchronizeFolder(parentFolder(of: destination))
    try synchronizeFolder(parentFolder(of: source))
  }
}
