import Files
import Train

/// A draft as a file: front matter that says how it came to be, then the text.
///
///     ---
///     id: "2026-11-21-a-lamp-that-flickered"
///     topic: "a lamp that flickered"
///     length: 300
///     base: {"path":"data/base", … }
///     ---
///
///     The lamp came in on a Monday. …
///
/// Every value is JSON on the line of its key, which is YAML as well.
struct DraftFile: Equatable, Sendable {
  /// The keys and values of the front matter.
  let fields: JSONObject
  /// The text, with no line end at its end.
  let text: String

  /// The bytes of the file for a new draft.
  static func bytes(of draft: Draft, id: String, date: String) throws -> [UInt8] {
    var fields = JSONObject()
    fields.append("id", .string(id))
    fields.append("date", .string(date))
    for (key, value) in draft.json.objectValue?.members ?? [] where key != "text" {
      guard key == "seed", let seed = value.objectValue else {
        fields.append(key, value)
        continue
      }
      for (part, value) in seed.members where !value.isNull { fields.append(part, value) }
    }
    var text = "---\n"
    for (key, value) in fields.members { text += "\(key): \(try JSONWriter.string(of: value))\n" }
    return Array("\(text)---\n\n\(draft.fileText)".utf8)
  }

  /// Reads a file that ``bytes(of:id:date:)`` made and nobody changed.
  ///
  /// - Throws: ``DeskError/damagedOriginal(path:)``, `FileError` and `JSONParseError`.
  init(original path: String) throws {
    let (head, text) = try DraftFile.split(try DraftFile.content(of: path), of: path)
    var fields = JSONObject()
    for (index, line) in head.enumerated() {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
        throw DeskError.damagedOriginal(path: path)
      }
      let value = try JSONParser.parse(
        Array(line[line.index(after: colon)...]), file: path, firstLine: index + 2)
      fields.append(String(decoding: line[..<colon], as: UTF8.self), value)
    }
    guard fields["id"]?.stringValue != nil, !text.isEmpty else { throw DeskError.damagedOriginal(path: path) }
    self.fields = fields
    self.text = String(decoding: text, as: UTF8.self)
  }

  /// The text of a file that a writer may have edited: without front matter, white space at its end, and carriage
  /// returns before line ends.
  ///
  /// - Throws: ``DeskError`` where it is too large, no UTF-8, or front matter without an end; `FileError` where it
  ///   cannot be read.
  static func finalText(_ path: String) throws -> String {
    let (_, bytes) = try split(try content(of: path), of: path)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw DeskError.notText(path: path) }
    return text
  }

  /// Whether a text has the first line of a draft's front matter in it: an edit broke the marks around it, and it would
  /// ship as words of the piece.
  static func holdsFrontMatter(_ text: String, of id: String) -> Bool {
    text.utf8.split(separator: UInt8(ascii: "\n")).contains { $0.starts(with: "id: \"\(id)\"".utf8) }
  }

  /// The seed that the draft was written from.
  var seed: Seed {
    Seed(
      topic: fields["topic"]?.stringValue, angle: fields["angle"]?.stringValue,
      length: fields["length"]?.intValue, kind: fields["kind"]?.stringValue)
  }

  /// The lines of the front matter without its marks, and what follows it; no lines where there is none. Sites have it
  /// in YAML between lines of `---` or in TOML between lines of `+++`, white space after those aside.
  private static func split(
    _ bytes: [UInt8], of path: String
  ) throws(DeskError) -> (head: ArraySlice<ArraySlice<UInt8>>, text: ArraySlice<UInt8>) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .drop { withoutTrailingSpace($0).isEmpty }
    var (head, body) = (lines.prefix(0), bytes[...])
    if let fence = openingFence(lines) {
      let rest = lines.dropFirst()
      guard let end = rest.firstIndex(where: { withoutTrailingSpace($0).elementsEqual(fence) }) else {
        throw .damagedFrontMatter(path: path)
      }
      head = rest[..<end]
      body = bytes[lines[end].endIndex...]
    }
    // The writer's own spaces at the start of a line stay.
    while body.first == UInt8(ascii: "\n") { body = body.dropFirst() }
    return (head, withoutTrailingSpace(body))
  }

  /// The line that opens front matter, as it also ends it. A text that opens with a rule, `---`, has none: its next line
  /// is no `key:`, not even after a comment.
  private static func openingFence(_ lines: ArraySlice<ArraySlice<UInt8>>) -> ArraySlice<UInt8>? {
    guard let fence = lines.first.map(withoutTrailingSpace) else { return nil }
    if fence.elementsEqual("+++".utf8) { return fence }
    let next = lines.dropFirst().first { $0.first != UInt8(ascii: "#") }
    return fence.elementsEqual("---".utf8) && next.map(isField) == true ? fence : nil
  }

  private static func isField(_ line: ArraySlice<UInt8>) -> Bool {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return false }
    // A colon within a word, as in an address, ends no key.
    return line[..<colon].allSatisfy { $0 > 0x20 } && line[(colon + 1)...].first.map { $0 <= 0x20 } ?? true
  }

  private static func withoutTrailingSpace(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes
    while let last = bytes.last, last == 0x20 || (0x09...0x0D).contains(last) { bytes = bytes.dropLast() }
    return bytes
  }

  /// The bytes of the file, without a byte order mark and with `\n` for `\r\n`.
  private static func content(of path: String) throws -> [UInt8] {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) {
      guard file.bytes.count <= Desk.textLimit else {
        throw DeskError.tooLarge(path: path, bytes: file.bytes.count)
      }
      var bytes = Array(file.bytes)
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
      guard bytes.contains(0x0D) else { return bytes }
      return bytes.indices.filter { bytes[$0] != 0x0D || bytes.dropFirst($0 + 1).first != 0x0A }.map {
        bytes[$0]
      }
    }
  }
}
