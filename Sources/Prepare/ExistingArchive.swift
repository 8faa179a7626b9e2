import Files
import Foundation

/// What is in the archive that is added to.
struct ExistingArchive {
  /// The text of each row that has a name.
  let textOfID: [String: String]
  /// The text of each row, with its place.
  let texts: [(place: String, text: String)]

  /// Reads the file at `path`; an archive without rows where there is none.
  ///
  /// - Throws: ``PrepareError`` at a line that is no JSON object, `FileError` where it cannot be read.
  init(path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      textOfID = [:]
      texts = []
      return
    }
    let file = try MappedFile(path: path)
    var textOfID: [String: String] = [:]
    var texts: [(place: String, text: String)] = []
    for line in try TextLines(file) where !line.bytes.allSatisfy(\.isASCIISpace) {
      guard let row = try? JSONParser.parse(line.bytes), row.objectValue != nil else {
        throw PrepareError.notAnArchive(file: path, line: line.number)
      }
      let text = ["text", "body", "content", "final", "completion"].lazy.compactMap { row[$0]?.stringValue }
        .first
      if let id = row["id"]?.stringValue { textOfID[id] = text ?? "" }
      if let text { texts.append(("\(path):\(line.number)", text)) }
    }
    self.textOfID = textOfID
    self.texts = texts
  }
}
