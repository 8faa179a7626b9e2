import Files
import Train
import Yams

/// Reads a seed from a file of YAML or JSON with the keys `topic`, `angle`, `length` and `kind`.
///
/// A file that opens with a brace is JSON, any other is YAML. A key that is null counts as absent.
public enum SeedFile {
  /// The most bytes that a seed may have.
  public static let byteLimit = 1 << 16

  /// Reads the file at `path`.
  ///
  /// - Throws: ``SeedError`` with the file's name and line, and `FileError`.
  public static func read(_ path: String) throws -> SeedInput {
    let file = try MappedFile(path: path)
    guard file.bytes.count <= byteLimit else {
      throw SeedError(.tooLarge(bytes: file.bytes.count), at: path)
    }
    return try parse(Array(file.bytes), file: path)
  }

  static func parse(_ bytes: [UInt8], file: String) throws -> SeedInput {
    let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    let first = bytes.first { $0 != 0x20 && !(0x09...0x0D).contains($0) }
    return first == UInt8(ascii: "{") ? try json(bytes, file) : try yaml(bytes, file)
  }

  private static func json(_ bytes: [UInt8], _ file: String) throws -> SeedInput {
    let value = try JSONParser.parse(bytes, file: file)
    let text = String(decoding: bytes, as: UTF8.self)
    var input = SeedInput()
    for (key, value) in value.objectValue?.members ?? [] where !value.isNull {
      let scalar: Scalar =
        switch value {
        case .string(let text): .text(text)
        case .integer(let number): .number("\(number)")
        case .number(let number): .number(value.intValue.map { "\($0)" } ?? "\(number)")
        default: .other(value.kindName)
        }
      try input.set(key, scalar, at: "\(file):\(line(of: key, in: text))")
    }
    return input
  }

  /// The line on which a JSON object's key stands: JSON values come without their places.
  private static func line(of key: String, in text: String) -> Int {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let index = lines.firstIndex { line in
      guard let range = line.firstRange(of: "\"\(key)\"") else { return false }
      return line[range.upperBound...].first { !$0.isWhitespace } ?? ":" == ":"
    }
    return (index ?? 0) + 1
  }

  private static func yaml(_ bytes: [UInt8], _ file: String) throws -> SeedInput {
    let root: Node?
    do {
      root = try YAMLText.root(bytes)
    } catch {
      throw SeedError(error, file: file)
    }
    guard let root, root.scalar.map({ !$0.string.isEmpty }) ?? true else { return SeedInput() }
    guard let mapping = root.mapping else {
      throw SeedError(
        .notAMapping(found: root.sequence == nil ? "a text" : "a list"), at: "\(file):\(root.mark?.line ?? 1)"
      )
    }
    var input = SeedInput()
    for (key, value) in mapping {
      let place = "\(file):\((key.mark ?? value.mark)?.line ?? 1)"
      guard let name = key.string else { throw SeedError(.unknownKey("a list or mapping"), at: place) }
      if value.null != nil { continue }
      let scalar: Scalar
      if let text = value.scalar?.string {
        // YAML does not tell a number from the text of its digits.
        scalar = name == "length" ? .number(text) : .text(text)
      } else {
        scalar = .other(value.sequence == nil ? "a mapping" : "a list")
      }
      try input.set(name, scalar, at: place)
    }
    return input
  }

  /// One value of a seed file.
  fileprivate enum Scalar {
    case text(String)
    /// A number by its digits.
    case number(String)
    /// Anything else, as an error calls it.
    case other(String)
  }
}

extension SeedInput {
  fileprivate mutating func set(_ key: String, _ value: SeedFile.Scalar, at place: String) throws(SeedError) {
    switch (key, value) {
    case ("topic", .text(let text)): topic = text
    case ("angle", .text(let text)): angle = text
    case ("kind", .text(let text)): kind = text
    case ("length", .number(let digits)):
      guard let words = Int(digits), words > 0 else { throw SeedError(.length(found: digits), at: place) }
      length = words
    case ("length", .text): throw SeedError(.length(found: "a string"), at: place)
    case ("length", .other(let found)): throw SeedError(.length(found: found), at: place)
    case ("topic", .number(let found)), ("topic", .other(let found)), ("angle", .number(let found)),
      ("angle", .other(let found)), ("kind", .number(let found)), ("kind", .other(let found)):
      throw SeedError(.wrongKind(key: key, found: found), at: place)
    default: throw SeedError(.unknownKey(key), at: place)
    }
  }
}

extension SeedError {
  fileprivate init(_ problem: YAMLProblem, file: String) {
    let finding =
      switch problem.finding {
      case .notUTF8: "a byte that is not UTF-8"
      case .syntax(let finding): "a place where \"\(finding)\""
      case .repeatedKey(let key): "the key \"\(key)\" twice"
      }
    self.init(.malformed(finding), at: "\(file):\(problem.line)")
  }
}
