import Files

/// Reads one line of an archive: its keys decide the kind of row, and every value is checked.
///
/// | kind | keys |
/// |---|---|
/// | edit | `draft`, `final`; usually `seed` |
/// | chat | `messages` |
/// | completion | `prompt`, `completion` |
/// | post | `text`, `body` or `content`, with at least one of `title`, `kind` and `seed` |
/// | text | `text`, `body` or `content` |
///
/// Any row may have a `weight`, and any but a chat `spans`: a list of `{"start", "end", "weight"}` in UTF-8 bytes of
/// its text, completion or final.
///
/// The first kind in this order whose keys are there is taken. Keys that no kind knows are ignored, and an
/// optional key that is `null` counts as absent.
struct RowReader {
  private static let textKeys = ["text", "body", "content"]
  private static let contentKeys = textKeys + ["prompt", "completion", "messages", "draft", "final"]

  private let file: String
  private let line: Int
  private let object: JSONObject

  /// The row on `line` of `file`.
  ///
  /// - Throws: ``RowProblem`` with the first thing that is wrong with it.
  static func row(_ bytes: UnsafeRawBufferPointer, file: String, line: Int) throws(RowProblem) -> ArchiveRow {
    let value: JSONValue
    do {
      value = try JSONParser.parse(bytes, file: file, firstLine: line)
    } catch {
      throw RowProblem(
        file: file, line: line, problem: .notJSON(column: error.column, problem: error.problem))
    }
    guard let object = value.objectValue else {
      throw RowProblem(file: file, line: line, problem: .notAnObject(found: value.kindName))
    }
    let reader = RowReader(file: file, line: line, object: object)
    var row = ArchiveRow(
      file: file, line: line, id: try reader.id(), date: try reader.optionalString("date"),
      content: try reader.content())
    row.weight = try reader.weight(object["weight"], named: "weight")
    row.spans = try reader.spans(of: row.body)
    return row
  }

  private func content() throws(RowProblem) -> ArchiveRow.Content {
    if let present = try both("draft", "final") {
      let title = try title()
      let final = present.second
      return .edit(
        title: title, seed: try seed(title: title, text: final), draft: present.first, final: final)
    }
    if let messages = object["messages"] { return .chat(try chat(messages)) }
    if let present = try both("prompt", "completion") {
      return .completion(prompt: present.first, completion: present.second)
    }
    guard let key = Self.textKeys.first(where: { object[$0] != nil }) else { throw unknownKeys() }
    let text = try words(key)
    guard ["title", "kind", "seed"].contains(where: { isGiven($0) }) else { return .text(text) }
    let title = try title()
    return .post(title: title, seed: try seed(title: title, text: text), text: text)
  }

  /// The texts of two keys that need each other, or nil where neither is there.
  private func both(
    _ first: String, _ second: String
  ) throws(RowProblem) -> (first: String, second: String)? {
    switch (object[first] != nil, object[second] != nil) {
    case (false, false): return nil
    case (true, false): throw problem(.missingKey(second, beside: first))
    case (false, true): throw problem(.missingKey(first, beside: second))
    case (true, true): return (try words(first), try words(second))
    }
  }

  // MARK: Values

  private func title() throws(RowProblem) -> String? {
    // A title is one line of the piece, cleaned as the lines of a seed are.
    Seed(topic: try optionalString("title")).topic
  }

  /// The row's seed, with its kind taken from the row where only that has one; derived where it has none.
  private func seed(title: String?, text: String) throws(RowProblem) -> Seed {
    let kind = try optionalString("kind")
    guard isGiven("seed"), let value = object["seed"] else {
      return .derived(title: title, kind: kind, text: text)
    }
    guard let given = value.objectValue else {
      throw wrongKind("seed", "an object of \"topic\", \"angle\", \"length\" and \"kind\"", value)
    }
    var length: Int?
    if let value = given["length"], !value.isNull {
      guard let count = value.intValue, count > 0 else {
        throw wrongKind("seed.length", "a whole number of words above 0", value)
      }
      length = count
    }
    let seed = Seed(
      topic: try optionalString("topic", of: given, named: "seed.topic"),
      angle: try optionalString("angle", of: given, named: "seed.angle"), length: length,
      kind: try optionalString("kind", of: given, named: "seed.kind") ?? kind)
    return seed.isEmpty ? .derived(title: title, kind: kind, text: text) : seed
  }

  private func chat(_ value: JSONValue) throws(RowProblem) -> [ArchiveRow.ChatMessage] {
    let expected = "a list of {\"role\", \"content\"}"
    guard let turns = value.arrayValue else { throw wrongKind("messages", expected, value) }
    guard !turns.isEmpty else { throw problem(.empty(key: "messages")) }
    var messages: [ArchiveRow.ChatMessage] = []
    for turn in turns {
      guard let role = turn["role"]?.stringValue, let content = turn["content"]?.stringValue else {
        let found = turn.objectValue == nil ? turn.kindName : "an object without both as strings"
        throw problem(.wrongKind(key: "messages", expected: expected, found: "\(found) in it"))
      }
      messages.append(ArchiveRow.ChatMessage(role: role, content: content))
    }
    return messages
  }

  /// A factor on a loss; 1 where none is given.
  private func weight(_ value: JSONValue?, named name: String) throws(RowProblem) -> Double {
    guard let value, !value.isNull else { return 1 }
    // More than this is a mistake: one row would outweigh an archive.
    guard let weight = value.doubleValue, weight >= 0, weight <= 1000 else {
      throw wrongKind(name, "a number from 0 to 1000", value)
    }
    return weight
  }

  /// The row's spans in order. They lie within `text` and apart from one another.
  private func spans(of text: String) throws(RowProblem) -> [ArchiveRow.Span] {
    guard let value = object["spans"], !value.isNull else { return [] }
    guard let entries = value.arrayValue else {
      throw wrongKind("spans", "a list of {\"start\", \"end\", \"weight\"}", value)
    }
    var spans: [ArchiveRow.Span] = []
    for (index, entry) in entries.enumerated() {
      let name = "spans[\(index)]"
      guard let start = entry["start"]?.intValue, let end = entry["end"]?.intValue, start >= 0, start < end,
        end <= text.utf8.count
      else {
        throw problem(
          .wrongKind(
            key: name,
            expected: "a \"start\" below its \"end\" within the \(text.utf8.count) bytes of the text",
            found: entry.objectValue == nil
              ? entry.kindName : "\(number(entry["start"])) and \(number(entry["end"]))"))
      }
      spans.append(
        ArchiveRow.Span(
          bytes: start..<end, weight: try weight(entry["weight"], named: "\(name).weight")))
    }
    spans.sort { $0.bytes.lowerBound < $1.bytes.lowerBound }
    for (span, next) in zip(spans, spans.dropFirst()) where span.bytes.upperBound > next.bytes.lowerBound {
      throw problem(
        .wrongKind(
          key: "spans", expected: "apart from one another",
          found: "\(next.bytes.lowerBound) inside \(span.bytes.lowerBound) to \(span.bytes.upperBound)"))
    }
    return spans
  }

  private func number(_ value: JSONValue?) -> String { value?.intValue.map(String.init) ?? "no number" }

  /// The row's name; exports number their rows as often as they name them.
  private func id() throws(RowProblem) -> String? {
    guard let value = object["id"], !value.isNull else { return nil }
    if let number = value.intValue { return String(number) }
    guard let text = value.stringValue else { throw wrongKind("id", "a string or a whole number", value) }
    return text
  }

  /// The text of a key that is there and must have words in it.
  private func words(_ key: String) throws(RowProblem) -> String {
    let value = object[key] ?? .null
    guard let text = value.stringValue else { throw wrongKind(key, "a string", value) }
    guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
      throw problem(.empty(key: key))
    }
    return text
  }

  private func optionalString(_ key: String) throws(RowProblem) -> String? {
    try optionalString(key, of: object, named: key)
  }

  private func optionalString(
    _ key: String, of object: JSONObject, named name: String
  ) throws(RowProblem) -> String? {
    guard let value = object[key], !value.isNull else { return nil }
    guard let text = value.stringValue else { throw wrongKind(name, "a string", value) }
    return text
  }

  private func isGiven(_ key: String) -> Bool { object[key].map { !$0.isNull } ?? false }

  // MARK: Problems

  private func problem(_ problem: RowProblem.Problem) -> RowProblem {
    RowProblem(file: file, line: line, problem: problem)
  }

  private func wrongKind(_ key: String, _ expected: String, _ value: JSONValue) -> RowProblem {
    let found =
      switch value {
      case .integer(let number): "\(number)"
      case .number(let number): "\(number)"
      default: value.kindName
      }
    return problem(.wrongKind(key: key, expected: expected, found: found))
  }

  private func unknownKeys() -> RowProblem {
    let keys = object.keys
    var nearest: (found: String, known: String, distance: Int)?
    for key in keys.prefix(64) where key.utf8.count <= 32 {
      for known in Self.contentKeys {
        let distance = key.lowercased().editDistance(to: known)
        // A third of the letters may differ: "texts" is "text", "title" is not.
        if distance * 3 <= known.utf8.count, distance < nearest?.distance ?? .max {
          nearest = (key, known, distance)
        }
      }
    }
    return problem(.noKnownKey(found: keys, misspelled: nearest?.found, nearest: nearest?.known))
  }
}
