import Checkpoint
import Files
import Foundation
import Model
import Tokenizer

/// What a file or folder is, told by its content: safetensors, tokenizer.json, archive, base or adapter.
public struct Inspection: Sendable {
  /// What it is, such as "safetensors file".
  public let kind: String
  /// Facts about it, named as the JSON names them, in the order in which they are shown.
  let facts: JSONObject
  /// What a longer list below the facts holds, such as every tensor, as the JSON has it.
  let entries: [JSONValue]
  private let path: String

  /// Looks at a file or folder.
  ///
  /// - Throws: ``InspectionError`` where it is none of the known kinds, and the errors of the kind's own reader.
  public init(_ path: String) throws {
    self.path = path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError(path: path, operation: .read, problem: .missing)
    }
    func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
    if isFolder.boolValue {
      if holds(AdapterFolder.configurationName) {
        (kind, facts, entries) = try Inspection.adapter(path)
      } else if holds("config.json") {
        (kind, facts, entries) = try Inspection.base(path)
      } else {
        throw InspectionError(path: path, isFolder: true)
      }
    } else if path.hasSuffix(".safetensors") {
      (kind, facts, entries) = try Inspection.safetensors(path)
    } else if path.hasSuffix(".jsonl") {
      (kind, facts, entries) = try Inspection.archive(path)
    } else if path.hasSuffix(".json"), let json = try? JSONParser.parse(contentsOf: path),
      json["model"] != nil
    {
      (kind, facts, entries) = try Inspection.tokenizer(json, path)
    } else {
      throw InspectionError(path: path, isFolder: false)
    }
  }

  /// The kind and the facts in words.
  public var lines: [String] {
    let shown = facts.members.map { name, value in
      (name: name.replacingOccurrences(of: "_", with: " "), fact: Inspection.text(value))
    }
    return ["\(path): \(kind)"] + FactList.lines(shown).map { "  \($0)" }
      + entries.map { "  \(Inspection.line($0))" }
  }

  /// The same as one object.
  public var json: JSONValue {
    var json = JSONObject()
    json.append("path", .string(path))
    json.append("kind", .string(kind))
    for (name, value) in facts.members { json.append(name, value) }
    if !entries.isEmpty { json.append("entries", .array(entries)) }
    return .object(json)
  }

  /// A tensor's columns; any other entry as it is.
  private static func line(_ entry: JSONValue) -> String {
    guard let name = entry["name"], let dtype = entry["dtype"], let shape = entry["shape"]?.arrayValue else {
      return text(entry)
    }
    let size = ByteText.short(entry["bytes"]?.intValue ?? 0)
    return
      "\(text(dtype).padded(to: 4))  \("\(shape.compactMap(\.intValue))".padded(to: 14))  \(size.leftPadded(to: 9))  \(text(name))"
  }

  private static func text(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text.withoutControlCharacters
    case .integer(let number): NumberText.grouped(Int(number))
    case .number(let number): "\(number)"
    case .bool(let isTrue): isTrue ? "yes" : "no"
    case .null: "none"
    case .array(let items): items.map(text).joined(separator: ", ")
    case .object(let object): object.members.map { "\(text($0.value)) \($0.key)" }.joined(separator: ", ")
    }
  }

  private typealias Findings = (kind: String, facts: JSONObject, entries: [JSONValue])

  private static func object(_ members: [(String, JSONValue)]) -> JSONObject {
    var object = JSONObject()
    for (name, value) in members { object.append(name, value) }
    return object
  }

  private static func count(_ number: Int) -> JSONValue { .integer(Int64(number)) }
}

extension Inspection {
  private static func safetensors(_ path: String) throws -> Findings {
    let file = try SafetensorsFile(path: path)
    let parameters = file.records.reduce(0) { $0 + $1.shape.reduce(1, *) }
    let types = Dictionary(grouping: file.records, by: \.dtypeName).mapValues(\.count)
    let metadata = file.metadata.sorted { $0.key < $1.key }.map { key, value in
      (key, JSONValue.string(value.count <= 60 ? value : "\(value.utf8.count) bytes"))
    }
    return (
      "safetensors file",
      object([
        ("tensors", count(file.records.count)), ("parameters", count(parameters)),
        ("bytes", count(file.file.bytes.count)),
        ("types", .object(object(types.sorted { $0.key < $1.key }.map { ($0.key, count($0.value)) }))),
        ("metadata", .array(metadata.map { .string("\($0): \(text($1))") })),
      ]),
      file.records.map { record in
        [
          "name": .string(record.name), "dtype": .string(record.dtypeName),
          "shape": .array(record.shape.map(count)), "bytes": count(record.byteRange.count),
        ]
      }
    )
  }

  private static func tokenizer(_ json: JSONValue, _ path: String) throws -> Findings {
    let tokenizer = try TextTokenizer(json, file: path)
    return ("tokenizer", object(tokenizerFacts(tokenizer)), [])
  }

  private static func tokenizerFacts(_ tokenizer: TextTokenizer) -> [(String, JSONValue)] {
    let specials = tokenizer.addedTokens.filter(\.isSpecial).map(\.content)
    let shown = specials.prefix(8) + (specials.count > 8 ? ["and \(specials.count - 8) more"] : [])
    return [
      ("vocabulary", count(tokenizer.vocabularySize)),
      ("special_tokens", .array(shown.map { .string($0) })),
    ]
  }

  private static func archive(_ path: String) throws -> Findings {
    let archive = try Archive(paths: [path], skipBadRows: true)
    let kinds = ArchiveRow.Kind.allCases.compactMap { kind in
      let number = archive.rows.filter { $0.kind == kind }.count
      return number > 0 ? (kind.rawValue, count(number)) : nil
    }
    let groups = DuplicateGroups(archive.rows.map(\.documentTexts))
    let words = archive.rows.map { row in
      switch row.content {
      case .post(_, _, let text), .text(let text), .completion(_, let text), .edit(_, _, _, let text):
        Seed.wordCount(of: text)
      case .chat: 0
      }
    }
    return (
      "archive",
      object([
        ("rows", count(archive.rows.count)), ("kinds", .object(object(kinds))),
        ("words", count(words.reduce(0, +))),
        ("longest_row", .string(NumberText.counted(words.max() ?? 0, "word"))),
        ("different_documents", count(groups.count)), ("exact_duplicates", count(groups.exactCount)),
        ("near_duplicates", count(groups.nearCount)), ("unusable_rows", count(archive.skipped.count)),
      ]),
      shortened(archive.skipped.map(\.summary)).map { .string($0) }
    )
  }

  private static func base(_ path: String) throws -> Findings {
    let model = try ModelConfiguration(contentsOf: "\(path)/config.json")
    let weights = try CheckpointFolder(path: path)
    let types = Set(weights.files.flatMap { $0.records.map(\.dtypeName) }).sorted()
    return (
      "base model",
      object(
        [
          ("family", .string(model.family.rawValue)), ("parameters", count(model.parameterCount)),
          ("layers", count(model.layerCount)), ("hidden_size", count(model.hiddenSize)),
          ("intermediate_size", count(model.intermediateSize)), ("heads", count(model.headCount)),
          ("key_value_heads", count(model.keyValueHeadCount)), ("head_dimension", count(model.headDimension)),
          ("context", count(model.contextLength)), ("tied_head", .bool(model.isTied)),
          ("types", .array(types.map { .string($0) })),
          ("weight_files", count(weights.files.count)),
        ] + tokenizerFacts(try TextTokenizer(folder: path)) + [
          ("sha256", .string(try BaseModel.fingerprint(path: path).hex))
        ]), []
    )
  }

  private static func adapter(_ path: String) throws -> Findings {
    let adapter = try AdapterFolder.readConfiguration(path)
    let settings = try JSONParser.parse(contentsOf: "\(path)/\(AdapterFolder.configurationName)")
    let weights = try SafetensorsFile(path: "\(path)/\(AdapterFolder.weightsName)")
    var facts = object([
      ("rank", count(adapter.rank)), ("alpha", .number(adapter.alpha)),
      ("rslora", .bool(adapter.isRankStabilized)),
      ("targets", .array(adapter.targets.map { .string($0.moduleName) })),
      ("parameters", count(weights.records.reduce(0) { $0 + $1.shape.reduce(1, *) })),
      ("base", settings["base_model_name_or_path"] ?? .null),
    ])
    guard let record = try RunRecord.read(path) else {
      facts.append("record", "none: not trained here")
      return ("adapter", facts, [])
    }
    if !RunRecord.isFinished(record) { facts.append("record", "its run is not finished") }
    let scores = record["held_out"]
    let recorded: [(String, JSONValue?)] = [
      ("base_sha256", record["settings"]?["base_sha256"]), ("verdict", record["verdict"]),
      ("base_bits_per_byte", scores?["base"]?["bits_per_byte"]),
      ("adapter_bits_per_byte", scores?["adapter"]?["bits_per_byte"]),
      ("kept_step", record["kept_step"]), ("steps", record["steps"]?.arrayValue.map { count($0.count) }),
      ("written_at", record["written_at"]),
    ]
    for (name, value) in recorded { if let value { facts.append(name, value) } }
    return ("adapter", facts, [])
  }
}

/// A path that is nothing that this program reads.
public struct InspectionError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file or folder.
  public let path: String
  /// Whether it is a folder.
  public let isFolder: Bool

  /// What was found and what was expected.
  public var description: String {
    isFolder
      ? "\(path): found a folder with neither config.json nor adapter_config.json; expected a base or an adapter."
        + " Name one of its files or another folder."
      : "\(path): found a file of another kind; expected .safetensors, .jsonl or a tokenizer.json."
        + " Check the path."
  }
}
