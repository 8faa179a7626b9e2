import Files
import Model

/// What an adapter is judged on: the posts held out of its training, the posts it was trained on, and other writers'.
struct VerdictData {
  /// The held-out pieces with a seed and something to score, each once however many copies there are.
  let pieces: [HeldOutPiece]
  /// What is scored of each piece.
  let openings: [ScoredOpening]
  /// The rows that may stand in a prompt.
  let training: [ArchiveRow]
  /// What is scored of other writers' rows, a list a file.
  let others: [[ScoredOpening]]
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
    let archives = run.archives.isEmpty ? try Self.recordedArchives(record, run.adapterPath) : run.archives
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
    let sharedIDs = (heldOut + training).sharedIDs
    let seeded = heldOut.compactMap { HeldOutPiece($0, mostWords: mostWords, sharedIDs: sharedIDs) }
    let files = run.heldOut.isEmpty ? archives : run.heldOut
    guard !seeded.isEmpty else { throw VerdictInputError.noPieces(files: files) }
    if seeded.count < heldOut.count {
      notes.append(
        "\(NumberText.counted(heldOut.count - seeded.count, "held-out row")) without a seed left out.")
    }
    let scored = seeded.compactMap { piece in
      ScoredOpening(piece.row, base: base, window: window).map { (piece: piece, opening: $0) }
    }
    pieces = scored.map(\.piece)
    openings = scored.map(\.opening)
    notes += try Self.unscored(seeded.count - scored.count, of: seeded.count, files, window: window)
    others = try run.others.map { path in
      let rows = try Archive(paths: [path], skipBadRows: run.skipsBadRows).rows
      let count = min(Self.mostOthers, rows.count)
      let openings = (0..<count).compactMap {
        ScoredOpening(rows[$0 * rows.count / count], base: base, window: window)
      }
      notes += try Self.unscored(count - openings.count, of: count, [path], window: window)
      return openings
    }
    self.notes = notes
  }

  /// Where the archives are that the adapter's record names.
  private static func recordedArchives(
    _ record: JSONValue?, _ adapter: String
  ) throws(VerdictInputError) -> [String] {
    var paths: [String] = []
    for archive in RecordedArchive.all(in: record) {
      guard let path = archive.located(adapter: adapter) else {
        throw .missingArchive(path: archive.path, adapter: adapter)
      }
      paths.append(path)
    }
    return paths
  }

  /// The note on rows of some files that have nothing to score.
  ///
  /// - Throws: ``VerdictInputError/nothingToScore(files:window:)`` where those are all of them.
  private static func unscored(
    _ left: Int, of count: Int, _ files: [String], window: Int
  ) throws(VerdictInputError) -> [String] {
    guard left < count else { throw .nothingToScore(files: files, window: window) }
    return left == 0
      ? []
      : [
        "\(NumberText.counted(left, "row")) of \(files.joined(separator: ", ")) left out: a prompt of more than half of"
          + " the window of \(window) tokens, or nothing that counts."
      ]
  }
}
