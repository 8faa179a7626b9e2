/// Reads JSON as RFC 8259 defines it, from UTF-8 bytes that nobody has checked yet.
///
/// A duplicate key is an error, since it means two programs may read two different files. A byte order
/// mark at the start is skipped. Nothing else is lenient.
public enum JSONParser {
  /// How deep lists and objects may nest, so that no text can exhaust the stack.
  public static let depthLimit = 512

  /// Parses one JSON text.
  ///
  /// - Parameters:
  ///   - file: the name that an error gives as its place.
  ///   - firstLine: the line number of the first byte, for a text that is a line of a larger file.
  /// - Throws: ``JSONParseError`` at the first byte that cannot be JSON.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, file: String = "JSON", firstLine: Int = 1
  ) throws(JSONParseError) -> JSONValue {
    var reader = JSONReader(bytes: bytes)
    do {
      return try reader.parseText()
    } catch {
      let place = lineAndColumn(of: error.offset, in: bytes)
      throw JSONParseError(
        file: file, line: firstLine - 1 + place.line, column: place.column, problem: error.problem)
    }
  }

  /// Parses one JSON text; see ``parse(_:file:firstLine:)-(UnsafeRawBufferPointer,_,_)``.
  public static func parse(
    _ bytes: [UInt8], file: String = "JSON", firstLine: Int = 1
  ) throws(JSONParseError) -> JSONValue {
    try bytes.withUnsafeBufferPointer { (buffer) throws(JSONParseError) in
      try parse(UnsafeRawBufferPointer(buffer), file: file, firstLine: firstLine)
    }
  }

  /// Parses one JSON text; see ``parse(_:file:firstLine:)-(UnsafeRawBufferPointer,_,_)``.
  public static func parse(
    _ text: String, file: String = "JSON", firstLine: Int = 1
  ) throws(JSONParseError) -> JSONValue {
    try parse(Array(text.utf8), file: file, firstLine: firstLine)
  }

  /// Parses the JSON file at `path`.
  ///
  /// - Throws: ``FileError`` where the file cannot be read, ``JSONParseError`` where it is not JSON.
  public static func parse(contentsOf path: String) throws -> JSONValue {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) { try parse(file.bytes, file: path) }
  }

  /// Parses the JSON file at `path`; nil where there is none.
  ///
  /// - Throws: as ``parse(contentsOf:)``, except where nothing is at the path.
  public static func parse(ifPresent path: String) throws -> JSONValue? {
    do {
      return try parse(contentsOf: path)
    } catch let error as FileError where error.problem == .missing {
      return nil
    }
  }

  private static func lineAndColumn(
    of offset: Int, in bytes: UnsafeRawBufferPointer
  ) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {  // a continuation byte adds no scalar
        column += 1
      }
    }
    return (line, column)
  }
}
