import Files
import Model

/// What an adapter is judged on: the posts held out of its training, the posts it was trained on, and other writers'.
struct VerdictData {
  /// The held-out pieces with a seed, each once however many copies there are.
  let pieces: [HeldOutPiece]
  /// The rows that may stand in a prompt.
  let training: [ArchiveRow]
  /// The rows of other writers, a list a file.
  let others: [[ArchiveRow]]
  /// The archives that were read.
  let archives: [String]
  /// What should be known of them, a sentence each.
  let notes: [String]

  /// The most rows of another writer that are scored, spread over the file.
  static let mostOthers = 48

  /// Reads the files and derives the split again: it goes by the hash of the text, so that rows which were added since
  /// leave every piece on its side.
  init(_ run: VerdictRun, record: JSONValue?, base: BaseModel, window: Int) throws {
    let settings = record?["settings"]
    let archives =
      run.archives.isEmpty ? record?["archives"]?.arrayValue?.compactMap(\.stringValue) ?? [] : run.archives
    guard !archives.isEmpty else { throw VerdictInputError.noArchive(adapter: run.adapterPath) }
    self.archives = archives
    let archive = try Archive(
      paths: archives, skipBadRows: run.skipsBadRows || settings?["skip_bad_rows"]?.boolValue ?? false)
    var notes: [String] = []
    if !archive.skipped.isEmpty {
      notes.append("\(NumberText.counted(archive.skipped.count, "row")) that cannot be used left out.")
    }
    let split =
      try run.heldOut.isEmpty
      ? VerdictSplit(derivedFrom: run, record: record, archive: archive, base: base, window: window)
      : VerdictSplit(
        archive, heldOut: Archive(paths: run.heldOut, skipBadRows: run.skipsBadRows).rows, record: record)
    training = split.training
    notes += split.notes
    let heldOut = split.heldOut
    let digests = settings?["archive_sha256"]?.arrayValue?.compactMap(\.stringValue)
    if let digests, try digests != archives.map({ try Fingerprint(contentsOf: $0).hex }) {
      notes.append("The archive has changed since the adapter was trained on it; the split is by text.")
    }
    let mostWords = LocalSystems.mostWords(window: window)
    pieces = heldOut.compactMap { HeldOutPiece($0, mostWords: mostWords) }
    guard !pieces.isEmpty else {
      throw VerdictInputError.noPieces(files: run.heldOut.isEmpty ? archives : run.heldOut)
    }
    if pieces.count < heldOut.count {
      notes.append(
        "\(NumberText.counted(heldOut.count - pieces.count, "held-out row")) without a seed left out.")
    }
    others = try run.others.map { path in
      let rows = try Archive(paths: [path], skipBadRows: run.skipsBadRows).rows
      let count = min(Self.mostOthers, rows.count)
      return (0..<count).map { rows[$0 * rows.count / count] }
    }
    self.notes = notes
  }
}
