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
    var heldOut: [ArchiveRow]
    if run.heldOut.isEmpty {
      guard let fraction = settings?["valid_fraction"]?.doubleValue else {
        throw VerdictInputError.noSplit(adapter: run.adapterPath, found: "no run.json that tells the split")
      }
      guard fraction > 0, fraction < 1 else {
        throw VerdictInputError.noSplit(adapter: run.adapterPath, found: "a run that held nothing out")
      }
      let dataset = try Dataset(
        archive, tokenizer: BaseTokenCoder(base),
        settings: Dataset.Settings(
          maxSequenceLength: max(
            ExampleEncoder.minimumSequenceLength, settings?["max_seq_length"]?.intValue ?? window),
          masksPrompt: settings?["mask_prompt"]?.boolValue ?? true, validFraction: fraction))
      let held = Set(dataset.heldOutRows)
      training = archive.rows.indices.filter { !held.contains($0) }.map { archive.rows[$0] }
      // The first of each group of copies stands for all.
      var groups: Set<Int> = []
      heldOut = dataset.heldOutRows.filter { groups.insert(dataset.duplicateGroups[$0]).inserted }
        .map { archive.rows[$0] }
      let trained = settings?["archive_sha256"]?.arrayValue?.compactMap(\.stringValue)
      if try trained != archives.map({ try Fingerprint(contentsOf: $0).hex }) {
        notes.append("The archive has changed since the adapter was trained on it; the split is by text.")
      }
    } else {
      let rows = try Archive(paths: run.heldOut, skipBadRows: run.skipsBadRows).rows
      let groups = DuplicateGroups((archive.rows + rows).map(\.documentTexts)).representatives
      training = archive.rows
      var seen = Set(groups.prefix(archive.rows.count))
      heldOut = rows.indices.filter { seen.insert(groups[archive.rows.count + $0]).inserted }.map { rows[$0] }
      if heldOut.count < rows.count {
        notes.append(
          "\(NumberText.counted(rows.count - heldOut.count, "held-out row")) left out: copies of each other, or of what the adapter was trained on."
        )
      }
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
