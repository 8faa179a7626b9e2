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
    let (block, text) = try DraftFile.split(path)
    var fields = JSONObject()
    for (index, line) in (block?.source ?? []).split(separator: UInt8(ascii: "\n")).enumerated() {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
        throw DeskError.damagedOriginal(path: path)
      }
      let value = try JSONParser.parse(
        Array(line[line.index(after: colon)...]), file: path, firstLine: (block?.sourceLine ?? 1) + index)
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
    let (_, bytes) = try split(path)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw DeskError.notText(path: path) }
    return text
  }

  /// Whether a text has the line of a draft's front matter with its ID in it, in YAML or TOML and with any quotes or
  /// none: an edit broke the marks around it, and it would ship as words of the piece.
  static func holdsFrontMatter(_ text: String, of id: String) -> Bool {
    text.utf8.split(separator: UInt8(ascii: "\n")).contains { line in
      let plain = line.filter { !" \t\"'".utf8.contains($0) }
      return plain.starts(with: "id:\(id)".utf8) || plain.starts(with: "id=\(id)".utf8)
    }
  }

  /// The seed that the draft was written from.
  var seed: Seed {
    Seed(
      topic: fields["topic"]?.stringValue, angle: fields["angle"]?.stringValue,
      length: fields["length"]?.intValue, kind: fields["kind"]?.stringValue)
  }

  /// The front matter of a file, and the text below it, which is all of a file without.
  private static func split(_ path: String) throws -> (block: FrontMatterBlock?, text: ArraySlice<UInt8>) {
    let file = try MappedFile(path: path)
    guard file.bytes.count <= Desk.textLimit else {
      throw DeskError.tooLarge(path: path, bytes: file.bytes.count)
    }
    let bytes = file.textBytes
    let block: FrontMatterBlock?
    do {
      block = try FrontMatterBlock(bytes)
    } catch {
      throw DeskError.damagedFrontMatter(path: path)
    }
    // The writer's own spaces at the start of a line stay.
    let text = (block?.body ?? bytes[...]).drop { $0 == UInt8(ascii: "\n") }
    return (block, text.withoutTrailingSpace)
  }
}
