import Files

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
  private let kept: KeptLines
  private let lock: FolderLock

  /// Opens the store of a judgement in an adapter's folder; one of another judgement is begun anew.
  ///
  /// - Throws: `FileError` where the folder takes no file; `FolderBusy`.
  init(_ folder: String, _ judgement: Fingerprint) throws {
    lock = try FolderLock(folder, patience: .zero)
    kept = try KeptLines("\(folder)/\(Self.name)", of: judgement)
    for line in kept.lines {
      if let entry = Self.entry(line) { drafts[entry.0] = entry.1 }
    }
  }

  /// The draft of a key, where it is there.
  subscript(key: Key) -> SystemDraft? { drafts[key] }

  /// Keeps a draft and gives it back.
  ///
  /// - Throws: `FileError` where the disk cannot take it.
  func add(_ draft: SystemDraft, for key: Key) throws -> SystemDraft {
    try kept.add(Self.json(draft, key))
    return draft
  }

  /// Removes the file of a judgement that is done.
  static func remove(_ folder: String) { KeptLines.remove("\(folder)/\(name)") }

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
