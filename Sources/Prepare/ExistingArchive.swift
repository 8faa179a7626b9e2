import Files
import Foundation

/// The archive that is added to: its bytes, which stay, and what is in it.
struct ExistingArchive {
  private let path: String
  private let bytes: [UInt8]
  /// The text of each row that has a name.
  let textOfID: [String: String]
  /// The text of each row, with its place.
  let texts: [(place: String, text: String)]

  /// Reads the file at `path`; an archive without rows where there is none.
  ///
  /// - Throws: ``PrepareError`` at a line that is no JSON object, `FileError` where it cannot be read.
  init(path: String) throws {
    self.path = path
    guard FileManager.default.fileExists(atPath: path) else {
      bytes = []
      textOfID = [:]
      texts = []
      return
    }
    let file = try MappedFile(path: path)
    var textOfID: [String: String] = [:]
    var texts: [(place: String, text: String)] = []
    for line in TextLines(file) where !line.bytes.allSatisfy(\.isASCIISpace) {
      guard let row = try? JSONParser.parse(line.bytes), row.objectValue != nil else {
        throw PrepareError.notAnArchive(file: path, line: line.number)
      }
      let text = ["text", "body", "content", "final", "completion"].lazy.compactMap { row[$0]?.stringValue }
        .first
      if let id = row["id"]?.stringValue { textOfID[id] = text ?? "" }
      if let text { texts.append(("\(path):\(line.number)", text)) }
    }
    bytes = withExtendedLifetime(file) { Array(file.bytes) }
    self.textOfID = textOfID
    self.texts = texts
  }

  /// Writes the file anew with `rows` at its end; leaves it untouched where there are none.
  func append(_ rows: [[UInt8]]) throws(FileError) {
    guard !rows.isEmpty else { return }
    var file = try AtomicFile(path: path)
    try file.append(bytes)
    if let last = bytes.last, last != 0x0A { try file.append([0x0A]) }
    for row in rows { try file.append(row + [0x0A]) }
    try file.commit()
  }
}
