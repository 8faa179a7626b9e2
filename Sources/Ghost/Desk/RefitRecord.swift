import Files

/// `refit.json` in an adapter's folder: the latest comparison that the adapter was part of.
enum RefitRecord {
  static let name = "refit.json"

  /// The record; nil where there is none.
  ///
  /// - Throws: `FileError` and `JSONParseError` where there is one that cannot be read.
  static func read(_ folder: String) throws -> JSONValue? {
    try JSONParser.parse(ifPresent: "\(folder)/\(name)")
  }

  static func write(_ record: JSONValue, to folder: String) throws {
    try AtomicFile.write(try JSONWriter.string(of: record, layout: .pretty), to: "\(folder)/\(name)")
  }
}
