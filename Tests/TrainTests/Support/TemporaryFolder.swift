import Foundation

/// A folder that exists as long as this object does.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and returns its path.
  @discardableResult
  func put(_ content: String, as name: String) throws -> String {
    try Data(content.utf8).write(to: URL(fileURLWithPath: self(name)))
    return self(name)
  }

  func bytes(of name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: self(name))) }

  func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: self(name)) }
}
