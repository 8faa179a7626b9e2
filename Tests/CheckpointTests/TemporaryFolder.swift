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

  /// The names in the folder, hidden ones too, sorted.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes without any of the code under test.
  func put(_ content: String, as name: String) throws {
    try Data(content.utf8).write(to: URL(fileURLWithPath: self(name)))
  }

  func content(of name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: self(name))), as: UTF8.self)
  }
}
