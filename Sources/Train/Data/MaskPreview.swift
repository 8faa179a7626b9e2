/// Shows sequences as the model sees them, with what is learned set apart from what only prompts.
public struct MaskPreview: Sendable {
  /// How the learned part is set apart.
  public enum Style: Equatable, Sendable {
    /// For a terminal: the learned part green, the rest dim.
    case color
    /// For a file or a pipe: the learned part between ⟦ and ⟧.
    case markers
  }

  /// How many rows are shown.
  public static let shownRows = 3

  private let tokenizer: any TokenCoder
  private let style: Style

  /// Makes a preview that reads tokens back with `tokenizer`.
  public init(tokenizer: any TokenCoder, style: Style) {
    self.tokenizer = tokenizer
    self.style = style
  }

  /// Three sequences of `dataset` with their places, kinds and counts: the first of each kind of row, then
  /// the next in file order.
  public func text(_ dataset: Dataset) -> String {
    let examples = dataset.training
    var kinds: Set<ArchiveRow.Kind> = []
    let firsts = examples.indices.filter { kinds.insert(dataset.rows[examples[$0].document].kind).inserted }
    let others = examples.indices.filter { !firsts.contains($0) }.prefix(Self.shownRows)
    return (firsts + others).prefix(Self.shownRows).sorted().map { index in
      let example = examples[index]
      let row = dataset.rows[example.document]
      return "\(row.place) (\(row.kind.rawValue)): \(example.tokens.count) tokens, "
        + "\(example.labelCount) learned\n\(text(example))\n"
    }.joined(separator: "\n")
  }

  /// One sequence, special tokens by their names.
  public func text(_ example: TrainingExample) -> String {
    var text = ""
    var position = 0
    for range in example.labelled {
      text += prompting(example.tokens[position..<range.lowerBound])
      text += learned(example.tokens[range])
      position = range.upperBound
    }
    return text + prompting(example.tokens[position...])
  }

  private func prompting(_ tokens: ArraySlice<Int32>) -> String {
    let text = decoded(tokens)
    return style == .markers || text.isEmpty ? text : "\u{1B}[2m\(text)\u{1B}[0m"
  }

  private func learned(_ tokens: ArraySlice<Int32>) -> String {
    let text = decoded(tokens)
    return style == .markers ? "⟦\(text)⟧" : "\u{1B}[32m\(text)\u{1B}[0m"
  }

  /// The tokens' text. Control characters, which could steer the terminal, are shown as U+FFFD.
  private func decoded(_ tokens: ArraySlice<Int32>) -> String {
    String(decoding: tokens.flatMap(tokenizer.bytes(ofID:)), as: UTF8.self).withoutControlCharacters
  }
}
