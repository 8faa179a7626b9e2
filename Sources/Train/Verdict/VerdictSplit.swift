import Files
import Model

/// Which rows an adapter is judged on, and which may stand in a prompt.
struct VerdictSplit {
  /// The rows that the adapter has not seen, the first of each group of copies.
  let heldOut: [ArchiveRow]
  /// The rows that are no copy of them.
  let training: [ArchiveRow]
  /// What was left out, a sentence each.
  let notes: [String]

  /// Derives the split of the adapter's run again: it goes by the hash of the text, so that rows which were added since
  /// leave every piece on its side, and by what the run's record names.
  ///
  /// - Throws: ``VerdictInputError/noSplit(adapter:found:)`` where the run does not say how it split, or held nothing
  ///   out; ``ArchiveError``.
  init(derivedFrom run: VerdictRun, record: JSONValue?, archive: Archive, base: BaseModel, window: Int) throws
  {
    let settings = record?["settings"]
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
    let pins = record.flatMap(RowPins.init(record:))
    let pinned = archive.rows.map { pins == nil ? "" : $0.pin }
    let derived = Set(dataset.heldOutRows)
    // A run that began with an adapter held out fewer rows than their hashes say, and maybe others.
    let candidates = archive.rows.indices.filter {
      guard let pins else { return derived.contains($0) }
      return pins.heldOut.contains(pinned[$0])
        || derived.contains($0) && !pins.training.contains(pinned[$0])
    }
    self.init(
      archive.rows, groups: dataset.duplicateGroups, candidates: candidates, trained: pins?.training ?? [])
  }

  /// Holds out the rows of other files, but for those that the adapter was trained on: what its run says that it saw,
  /// or the whole archive where it says nothing.
  init(_ archive: Archive, heldOut: [ArchiveRow], record: JSONValue?) {
    let rows = archive.rows + heldOut
    let pins = record.flatMap(RowPins.init(record:))
    self.init(
      rows, groups: DuplicateGroups(rows.map(\.documentTexts)).representatives,
      candidates: Array(archive.rows.count..<rows.count),
      trained: pins?.training ?? Set(archive.rows.map(\.pin)))
  }

  private init(_ rows: [ArchiveRow], groups: [Int], candidates: [Int], trained: Set<String>) {
    let seen = Set(rows.indices.filter { trained.contains(rows[$0].pin) }.map { groups[$0] })
    let unseen = candidates.filter { !seen.contains(groups[$0]) }
    let chosen = Set(unseen.map { groups[$0] })
    var taken: Set<Int> = []
    heldOut = unseen.filter { taken.insert(groups[$0]).inserted }.map { rows[$0] }
    training = rows.indices.filter { !chosen.contains(groups[$0]) && !candidates.contains($0) }.map {
      rows[$0]
    }
    let left = candidates.count - unseen.count
    notes =
      left == 0
      ? []
      : [
        "\(NumberText.counted(left, "held-out row")) left out: the adapter was trained on the same text, or nearly so."
      ]
  }
}
