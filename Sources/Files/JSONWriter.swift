/// Writes a ``JSONValue`` as UTF-8 JSON that parses back to an equal value, members in their order.
public enum JSONWriter {
  /// How the text is laid out.
  public enum Layout: Sendable {
    /// No white space at all, as a line of JSON Lines wants it.
    case compact
    /// One member or element a line, indented by two spaces a level, with a final newline.
    case pretty
  }

  /// The JSON text of `value`.
  ///
  /// - Throws: ``JSONWriteError`` for an infinity or a NaN, which JSON cannot express.
  public static func bytes(
    of value: JSONValue, layout: Layout = .compact
  ) throws(JSONWriteError) -> [UInt8] {
    var writer = Output(layout: layout)
    try writer.write(value)
    if layout == .pretty { writer.bytes.append(UInt8(ascii: "\n")) }
    return writer.bytes
  }

  /// The JSON text of `value`; see ``bytes(of:layout:)``.
  public static func string(
    of value: JSONValue, layout: Layout = .compact
  ) throws(JSONWriteError) -> String {
    String(decoding: try bytes(of: value, layout: layout), as: UTF8.self)
  }
}

/// A number that JSON cannot express.
public struct JSONWriteError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The keys and places that lead to the number, such as `losses[3]`.
  public let path: String
  /// The number as Swift prints it: `nan`, `inf` or `-inf`.
  public let number: String

  /// What was found, what was expected and what to do.
  public var description: String {
    "JSON value \(path): found \(number); expected a finite number. "
      + "Leave the member out or write the number as a string."
  }
}

extension JSONWriter {
  private struct Output {
    let layout: Layout
    var bytes: [UInt8] = []
    private var path: [String] = []

    init(layout: Layout) {
      self.layout = layout
    }

    mutating func write(_ value: JSONValue) throws(JSONWriteError) {
      switch value {
      case .null: bytes.append(contentsOf: "null".utf8)
      case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
      case .integer(let value): bytes.append(contentsOf: String(value).utf8)
      case .number(let value): try write(value)
      case .string(let text): write(text)
      case .array(let elements): try write(elements)
      case .object(let object): try write(object)
      }
    }

    private mutating func write(_ number: Double) throws(JSONWriteError) {
      guard number.isFinite else {
        let place = path.joined()
        throw JSONWriteError(
          path: place.hasPrefix(".") ? String(place.dropFirst()) : place.isEmpty ? "at the top" : place,
          number: "\(number)")
      }
      // Swift prints the shortest digits that read back as the same double, always with "." or "e".
      bytes.append(contentsOf: number.description.utf8)
    }

    private mutating func write(_ elements: [JSONValue]) throws(JSONWriteError) {
      bytes.append(UInt8(ascii: "["))
      for (place, element) in elements.enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        path.append("[\(place)]")
        startLine()
        try write(element)
        path.removeLast()
      }
      if !elements.isEmpty { startLine() }
      bytes.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: JSONObject) throws(JSONWriteError) {
      bytes.append(UInt8(ascii: "{"))
      for (place, member) in object.members.enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        path.append(".\(member.key)")
        startLine()
        write(member.key)
        bytes.append(UInt8(ascii: ":"))
        if layout == .pretty { bytes.append(UInt8(ascii: " ")) }
        try write(member.value)
        path.removeLast()
      }
      if !object.isEmpty { startLine() }
      bytes.append(UInt8(ascii: "}"))
    }

    /// Starts a line at the present depth, which is the length of the path.
    private mutating func startLine() {
      guard layout == .pretty else { return }
      bytes.append(UInt8(ascii: "\n"))
      bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * path.count))
    }

    private mutating func write(_ text: String) {
      bytes.append(UInt8(ascii: "\""))
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""): bytes.append(contentsOf: #"\""#.utf8)
        case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
        case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
        case 0x0D: bytes.append(contentsOf: #"\r"#.utf8)
        case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
        case ..<0x20: bytes.append(contentsOf: "\\u00\(hexadecimal(byte).dropFirst(2))".utf8)
        default: bytes.append(byte)
        }
      }
      bytes.append(UInt8(ascii: "\""))
    }
  }
}
