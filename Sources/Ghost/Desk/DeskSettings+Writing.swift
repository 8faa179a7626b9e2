import Files
import Yams

extension DeskSettings {
  /// Sets keys of a desk's `ghost.yaml`, in one step and with every other line as it was; nil removes a key.
  ///
  /// - Throws: ``DeskError/setting(place:found:expected:)`` where the file is not as ``init(_:)`` reads it; `FileError`.
  static func set(_ values: [(key: String, value: String?)], in folder: String) throws {
    _ = try DeskSettings(folder)
    let path = DeskSettings.path(folder)
    let text = try Desk(folder).existing(path).map { file in
      withExtendedLifetime(file) { String(decoding: file.bytes, as: UTF8.self) }
    }
    var lines = (text ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    for (key, value) in values {
      // JSON's quotes are YAML's.
      let line = try value.map { "\(key): \(try JSONWriter.string(of: .string($0)))" }
      let place = try Yams.compose(yaml: lines.joined(separator: "\n"))?.mapping?
        .first { $0.key.string == key }?.key.mark.map { $0.line - 1 }
      if let place, lines.indices.contains(place) {
        lines.replaceSubrange(place...place, with: line.map { [$0] } ?? [])
      } else if let line {
        lines.append(line)
      }
    }
    try AtomicFile.write(lines.map { $0 + "\n" }.joined(), to: AtomicFile.target(of: path))
  }
}
