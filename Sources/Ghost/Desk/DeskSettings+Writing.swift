import Files
import Yams

extension DeskSettings {
  /// Sets keys of a desk's `ghost.yaml`, in one step and with every other line as it was; nil removes a key.
  ///
  /// - Throws: ``DeskError/setting(place:found:expected:)`` where the file is not as ``init(_:)`` reads it, or a key
  ///   does not stand on a line of its own, and the file is as it was then; `FileError`.
  static func set(_ values: [(key: String, value: String?)], in folder: String) throws {
    _ = try DeskSettings(folder)
    let path = DeskSettings.path(folder)
    let old = try Desk(folder).existing(path).map { file in
      withExtendedLifetime(file) { String(decoding: file.bytes, as: UTF8.self) }
    }
    var text = old ?? ""
    var wanted = try scalars(of: text)
    for (key, value) in values {
      try set(key, to: value, in: &text, path)
      wanted[key] = value
    }
    // Anchors, tags and further documents may reach from one line to another.
    guard let found = try? scalars(of: text), found == wanted else {
      throw DeskError.setting(
        place: "\(path):1",
        found: "YAML in which \(values.map(\.key).joined(separator: " and ")) cannot be changed alone",
        expected: "keys and values on lines of their own, such as length: 300")
    }
    try AtomicFile.write(text, to: AtomicFile.target(of: path))
  }

  /// Replaces, adds or removes the line of a key.
  private static func set(_ key: String, to value: String?, in text: inout String, _ path: String) throws {
    // By bytes: "\r\n" is a single character, which no split at "\n" would find.
    var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    if lines.last == "" { lines.removeLast() }
    let lineEnd = lines.first?.utf8.last == 0x0D ? "\r" : ""
    if !text.utf8.isEmpty, text.utf8.last != 0x0A { lines[lines.endIndex - 1] += lineEnd }
    // JSON's quotes are YAML's.
    let line = try value.map { "\(key): \(try JSONWriter.string(of: .string($0)))\(lineEnd)" }
    let entry = try Yams.compose(yaml: text)?.mapping?.first { $0.key.string == key }
    if let number = entry?.key.mark?.line {
      guard lines.indices.contains(number - 1),
        let alone = try? Yams.compose(yaml: lines[number - 1])?.mapping, alone.count == 1,
        alone.first?.key.string == key, alone.first?.value.scalar?.string == entry?.value.scalar?.string
      else {
        throw DeskError.setting(
          place: "\(path):\(number)", found: "\(key) and its value among others or on several lines",
          expected: "both on a line of their own, as in \(key): \"…\"")
      }
      lines.replaceSubrange(number - 1..<number, with: line.map { [$0] } ?? [])
    } else if let line {
      lines.append(line)
    }
    text = lines.map { $0 + "\n" }.joined()
  }

  /// The keys that have a value, with its text.
  private static func scalars(of text: String) throws -> [String: String] {
    var scalars: [String: String] = [:]
    for (key, value) in try Yams.compose(yaml: text)?.mapping ?? [:] where value.null == nil {
      scalars[key.string ?? ""] = value.scalar?.string ?? ""
    }
    return scalars
  }
}
