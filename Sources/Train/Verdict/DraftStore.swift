import Files
import Foundation

/// Keeps the drafts of a judgement while it is under way, a line each, so that one which was broken off goes on where
/// it was. It is of use to the same judgement alone: the same base, adapter, pieces, window, sampling, seed, arithmetic
/// and threads. While it is open, no other judgement or training is at work in the folder.
final class DraftStore {
  /// Which draft.
  struct Key: Hashable {
    let piece: String
    let system: String
    let sample: Int
  }

  /// The file's name in the adapter's folder.
  static let name = ".evaluation-drafts.jsonl"

  private var drafts: [Key: SystemDraft] = [:]
  private let file: FileOutput
  private let lock: FolderLock

  /// Opens the store of a judgement in an adapter's folder; one of another judgement is begun anew.
  ///
  /// - Throws: `FileError` where the folder takes no file; `FolderBusy`.
  init(_ folder: String, _ judgement: Fingerprint) throws {
    let path = "\(folder)/\(Self.name)"
    lock = try FolderLock(folder, patience: .zero)
    var kept: [JSONValue] = [["judgement": .string(judgement.hex)]]
    if let found = try? TextLines(MappedFile(path: path)) {
      // The last line may have been cut off.
      let lines = found.compactMap { try? JSONParser.parse($0.bytes, file: path, firstLine: 1) }
      if lines.first == kept[0] { kept = lines }
    }
    for line in kept.dropFirst() {
      if let entry = Self.entry(line) { drafts[entry.0] = entry.1 }
    }
    try AtomicFile.write(kept.map { try JSONWriter.string(of: $0) + "\n" }.joined(), to: path)
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, operation: .write, code: errno) }
    file = FileOutput(descriptor: descriptor, path: path)
  }

  /// The draft of a key, where it is there.
  subscript(key: Key) -> SystemDraft? { drafts[key] }

  /// Keeps a draft and gives it back.
  ///
  /// - Throws: `FileError` where the disk cannot take it.
  func add(_ draft: SystemDraft, for key: Key) throws -> SystemDraft {
    try (JSONWriter.bytes(of: Self.json(draft, key)) + [0x0A]).withUnsafeBytes { try file.append($0) }
    return draft
  }

  /// Removes the file of a judgement that is done.
  static func remove(_ folder: String) { try? FileManager.default.removeItem(atPath: "\(folder)/\(name)") }

  private static func json(_ draft: SystemDraft, _ key: Key) -> JSONValue {
    [
      "piece": .string(key.piece), "system": .string(key.system), "sample": .integer(Int64(key.sample)),
      "text": .string(draft.text), "ended": .bool(draft.endedByItself),
      "latency_ms": draft.latencyMilliseconds.map { .number($0) } ?? .null,
    ]
  }

  private static func entry(_ json: JSONValue) -> (Key, SystemDraft)? {
    guard let piece = json["piece"]?.stringValue, let system = json["system"]?.stringValue,
      let sample = json["sample"]?.intValue, let text = json["text"]?.stringValue,
      let ended = json["ended"]?.boolValue
    else { return nil }
    return (
      Key(piece: piece, system: system, sample: sample),
      SystemDraft(
        text: text, latencyMilliseconds: json["latency_ms"]?.doubleValue, cost: nil, endedByItself: ended)
    )
  }
}
