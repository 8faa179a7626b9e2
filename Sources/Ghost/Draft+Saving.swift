import Files
import Foundation

extension Draft {
  /// Checks that a draft can be saved at a path, before it is written, and leaves nothing behind.
  ///
  /// - Parameter replaces: whether a file that is there may go.
  /// - Throws: ``DraftError/outputExists(path:)`` where it may not; `FileError`.
  public static func checkOutput(_ path: String, replaces: Bool) throws {
    _ = try AtomicFile(path: path)
    guard replaces || !FileManager.default.fileExists(atPath: path) else {
      throw DraftError.outputExists(path: path)
    }
  }

  /// Saves the text; see ``checkOutput(_:replaces:)``, whose answer may have changed since.
  public func save(to path: String, replaces: Bool) throws {
    try Draft.checkOutput(path, replaces: replaces)
    try AtomicFile.write(fileText, to: path)
  }
}
