import Model

/// Drafts from held-out seeds, the same before and after training, so that the writer sees what changed.
struct SampleDrafts {
  private let prepared: PreparedRun
  private let rows: [ArchiveRow]

  /// How many seeds are drafted from at the end, enough to see whether drafts end by themselves.
  private static let count = 4

  /// Takes the first held-out rows that have a seed, of different kinds first.
  init(_ prepared: PreparedRun) {
    self.prepared = prepared
    let seeded = prepared.dataset.heldOutRows.map { prepared.dataset.rows[$0] }.filter { $0.seed != nil }
    var kinds: Set<String> = []
    let firsts = seeded.filter { kinds.insert($0.seed?.kind ?? "").inserted }
    let others = seeded.filter { row in !firsts.contains { $0.place == row.place } }
    rows = Array((firsts + others).prefix(SampleDrafts.count))
  }

  /// The draft from the first seed; nil where no held-out row has one.
  func first(with decoder: Decoder) throws -> DraftSample? { try write(rows.prefix(1), decoder).first }

  /// The drafts from all seeds.
  func all(with decoder: Decoder) throws -> [DraftSample] { try write(rows[...], decoder) }

  private func write(_ rows: ArraySlice<ArchiveRow>, _ decoder: Decoder) throws -> [DraftSample] {
    guard !rows.isEmpty else { return [] }
    let generator = TextGenerator(decoder, capacity: prepared.maxSequenceLength)
    return try rows.compactMap {
      try DraftSample.write(for: $0, generator, base: prepared.base, seed: prepared.options.seed)
    }
  }
}
