import Model

/// What is scored of a row: the opening of its text behind its prompt, each as much as half of the window holds.
struct ScoredOpening {
  /// The row.
  let row: ArchiveRow
  /// The prompt and the opening.
  let tokens: [Int32]
  /// The first token that is scored.
  let start: Int
  /// The bytes of what is scored.
  let bytes: Int

  /// Takes a row's opening; nil where there is nothing to score, since the prompt takes more than half of the window or
  /// nothing in the row counts.
  init?(_ row: ArchiveRow, base: BaseModel, window: Int) {
    let encoder = ExampleEncoder(tokenizer: BaseTokenCoder(base), maxSequenceLength: .max)
    guard let whole = encoder.examples(for: row, document: 0).first,
      let start = whole.labelled.first?.lowerBound, start <= window / 2
    else { return nil }
    let opening = whole.tokens.prefix(start + window / 2)
    let scored = opening[start...].filter { !base.configuration.endOfText.contains($0) }
    bytes = scored.reduce(0) { $0 + base.tokenizer.bytes(ofID: $1).count }
    guard bytes > 0 else { return nil }
    self.row = row
    self.start = start
    tokens = Array(opening)
  }
}
