#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What can be done with a folder as a whole.
public enum Folder {
  /// The names in a folder, hidden ones too, in order. A link to a folder is read as that folder.
  ///
  /// - Throws: ``FileError`` where there is no folder or it cannot be read.
  public static func names(in path: String) throws(FileError) -> [String] {
    guard let stream = opendir(path) else { throw FileError(path: path, operation: .read, code: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      // The end and a fault both give nil.
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw FileError(path: path, operation: .read, code: errno) }
        break
      }
      let capacity = MemoryLayout.size(ofValue: entry.pointee.d_name)
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: capacity) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Deletes a file, or a folder with all that is in it; of a link the link alone. Where there is nothing, this does
  /// nothing.
  ///
  /// - Throws: ``FileError`` with the first path that cannot be deleted.
  public static func remove(_ path: String) throws(FileError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw FileError(path: path, operation: .write, code: errno)
    }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    if isFolder {
      for name in try names(in: path) { try remove("\(path)/\(name)") }
    }
    guard (isFolder ? rmdir(path) : unlink(path)) == 0 else {
      throw FileError(path: path, operation: .write, code: errno)
    }
  }
}
