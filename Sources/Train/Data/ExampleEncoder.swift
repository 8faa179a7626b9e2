/// Turns archive rows into token sequences with labels.
///
/// | row | tokens | labels |
/// |---|---|---|
/// | text | special tokens + text + end-of-text | all but the first token |
/// | post | leading special tokens + prompt of the seed, then piece + end-of-text | piece and end-of-text |
/// | edit | the same, with the final as the piece | the same |
/// | completion | leading special tokens + prompt, then completion + end-of-text | completion and end-of-text |
///
/// A label counts as its row's weight says, times that of the span it lies in; nothing is learned of a token that
/// counts 0. The objective decides whether the labels of an edit count by the diff as well. A final can come with its
/// draft, laid out alike, where each of the two fits in one window.
///
/// A sequence longer than the window becomes consecutive windows, cut after a paragraph where one ends in
/// the second half of a window. A later window starts with the leading special tokens and the last token
/// of the window before it, both without a label, so every token of the row is learned exactly once.
public struct ExampleEncoder: Sendable {
  /// The shortest window that is worth a forward pass.
  public static let minimumSequenceLength = 16

  private let tokenizer: any TokenCoder
  private let maxSequenceLength: Int
  private let masksPrompt: Bool
  private let objective: Objective
  private let comparesDrafts: Bool

  /// Makes an encoder.
  ///
  /// - Parameters:
  ///   - maxSequenceLength: the longest window in tokens, at least ``minimumSequenceLength``.
  ///   - masksPrompt: whether prompts go without labels.
  ///   - objective: how the final of an edit is learned.
  ///   - comparesDrafts: whether a final comes with its draft.
  public init(
    tokenizer: any TokenCoder, maxSequenceLength: Int, masksPrompt: Bool = true,
    objective: Objective = .sft, comparesDrafts: Bool = false
  ) {
    precondition(
      maxSequenceLength >= Self.minimumSequenceLength,
      "a window of \(maxSequenceLength) tokens is below \(Self.minimumSequenceLength)")
    self.tokenizer = tokenizer
    self.maxSequenceLength = maxSequenceLength
    self.masksPrompt = masksPrompt
    self.objective = objective
    self.comparesDrafts = comparesDrafts
  }

  /// The windows of `row` that have a label, in order; none where there is nothing to learn.
  ///
  /// - Parameter document: the index of the row, which its windows carry.
  public func examples(for row: ArchiveRow, document: Int) -> [TrainingExample] {
    let edit = edit(of: row)
    let sequence = sequence(of: row, edit: edit)
    var examples = windows(of: sequence, document: document)
    if comparesDrafts, let edit, examples.count == 1 {
      examples[0].draft = draft(of: row, edit: edit, beside: sequence)
      if examples[0].draft != nil, !objective.learnsFinals { examples[0].learnNothingByItself() }
    }
    return examples
  }

  /// The first special token that the text of a row spells out, and that its windows hold as such; nil where there is
  /// none. Those that the tokenizer puts around a text are no part of it.
  func spelledToken(in windows: [TrainingExample]) -> Int32? {
    for tokens in windows.map(\.tokens) + windows.compactMap({ $0.draft?.tokens }) {
      let text = tokens.dropFirst(tokenizer.prefixIDs.count)
      let end = text.lastIndex { !tokenizer.isSpecial($0) } ?? text.startIndex
      if let token = text[..<end].first(where: tokenizer.isSpecial) { return token }
    }
    return nil
  }

  /// The tokens that a draft starts from: what training puts before the first learned token.
  public func promptTokens(_ prompt: String) -> [Int32] {
    tokenizer.prefixIDs + tokenizer.encode(prompt, addSpecialTokens: false)
  }

  /// The length in bytes of what is learned of `row`, for bits per byte. End-of-text has no bytes.
  public func learnedBytes(of row: ArchiveRow) -> Int {
    guard row.weight > 0 else { return 0 }
    let (prompt, learned) = promptAndLearned(row)
    let all = learned.utf8.count + (masksPrompt ? 0 : prompt?.utf8.count ?? 0)
    guard !row.spans.isEmpty else { return all }
    return all - byteWeights(of: row, learned: learned, edit: nil).reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
  }

  /// The row's prompt, nil where it has none, and the text that follows.
  private func promptAndLearned(_ row: ArchiveRow) -> (prompt: String?, learned: String) {
    switch row.content {
    case .text(let text):
      (nil, text)
    case .post(let title, let seed, let text), .edit(let title, let seed, _, let text):
      (PromptLayout.prompt(for: seed), PromptLayout.piece(title: title, text: text))
    case .completion(let prompt, let completion):
      (prompt, completion)
    case .chat:
      // An archive refuses conversations until a chat template can be rendered.
      preconditionFailure("\(row.place): a conversation has no layout")
    }
  }

  // MARK: Weights

  /// All tokens of a row before they are cut into windows.
  private struct Sequence {
    var tokens: [Int32]
    /// What each token counts in the loss; 0 without a label.
    var weights: [Float]
    /// The first token after the prompt.
    let start: Int
    /// The bytes of the learned text that the tokens from `start` on stand for, as far as they are needed.
    let spans: [Range<Int>]
  }

  private func sequence(of row: ArchiveRow, edit: WordDiff?) -> Sequence {
    let (prompt, learned) = promptAndLearned(row)
    var tokens = prompt.map(promptTokens) ?? []
    let start = tokens.count
    tokens += tokenizer.encode(learned, addSpecialTokens: prompt == nil)
    let weight = Float(row.weight)
    var weights = Array(repeating: masksPrompt ? 0 : weight, count: start)
    var spans: [Range<Int>] = []
    if row.spans.isEmpty, edit == nil {
      weights += Array(repeating: weight, count: tokens.count - start)
    } else {
      spans = TokenSpans.ranges(of: tokens[start...], in: learned, tokenizer: tokenizer)
      let bytes = byteWeights(of: row, learned: learned, edit: objective.weighsEdits ? edit : nil)
      // A token counts as the most of its bytes: a word's first token takes white space along.
      weights += spans.map { bytes[$0].max() ?? weight }
    }
    // Some tokenizers end every text with it themselves.
    if let end = tokenizer.endOfTextID, tokens.last != end {
      tokens.append(end)
      weights.append(weight)
    }
    if !weights.isEmpty { weights[0] = 0 }
    return Sequence(tokens: tokens, weights: weights, start: start, spans: spans)
  }

  /// What each byte of the learned text counts.
  private func byteWeights(of row: ArchiveRow, learned: String, edit: WordDiff?) -> [Float] {
    let kept = edit.map { EditWeights.kept(editRate: $0.editRate) } ?? 1
    var weights = Array(repeating: Float(row.weight * kept), count: learned.utf8.count)
    let offset = bodyOffset(of: row)
    for range in edit?.addedBytes ?? [] {
      for byte in range.shifted(by: offset, within: weights.indices) {
        weights[byte] = Float(row.weight * EditWeights.new)
      }
    }
    for span in row.spans {
      for byte in span.bytes.shifted(by: offset, within: weights.indices) {
        weights[byte] *= Float(span.weight)
      }
    }
    return weights
  }

  /// Where the first byte of the row's body is in its learned text.
  private func bodyOffset(of row: ArchiveRow) -> Int {
    switch row.content {
    case .post(let title, _, let text), .edit(let title, _, _, let text):
      PromptLayout.offset(title: title, text: text)
    case .text, .completion, .chat: 0
    }
  }

  // MARK: Edits

  /// The diff of an edit row, where it is asked for.
  private func edit(of row: ArchiveRow) -> WordDiff? {
    guard objective.weighsEdits || comparesDrafts, case .edit(_, _, let draft, let final) = row.content
    else { return nil }
    return WordDiff(draft: draft, final: final)
  }

  /// The draft of an edit, laid out as its final; nil where nothing was changed or learned, or it does not fit.
  private func draft(of row: ArchiveRow, edit: WordDiff, beside final: Sequence) -> RejectedDraft? {
    guard case .edit(let title, let seed, let text, _) = row.content, !edit.changes.isEmpty else {
      return nil
    }
    let piece = PromptLayout.piece(title: title, text: text)
    var tokens = promptTokens(PromptLayout.prompt(for: seed))
    let start = tokens.count
    tokens += tokenizer.encode(piece, addSpecialTokens: false)
    let spans = TokenSpans.ranges(of: tokens[start...], in: piece, tokenizer: tokenizer)
    if let end = tokenizer.endOfTextID, tokens.last != end { tokens.append(end) }
    guard start >= 1, start < tokens.count, tokens.count <= maxSequenceLength else { return nil }

    func marks(_ ranges: [Range<Int>], _ spans: [Range<Int>], offset: Int, byteCount: Int) -> [Bool] {
      var bytes = Array(repeating: false, count: byteCount)
      for range in ranges {
        for byte in range.shifted(by: offset, within: bytes.indices) { bytes[byte] = true }
      }
      return spans.map { bytes[$0].contains(true) }
    }
    let learned = promptAndLearned(row).learned
    let isNew = marks(
      edit.addedBytes, final.spans, offset: bodyOffset(of: row), byteCount: learned.utf8.count)
    var isCut = marks(
      edit.cutBytes, spans, offset: PromptLayout.offset(title: title, text: text), byteCount: piece.utf8.count
    )
    // The end of a text was neither put in nor cut.
    isCut += Array(repeating: false, count: tokens.count - start - isCut.count)
    return RejectedDraft(
      tokens: tokens, start: start, isCut: isCut,
      promptLabels: final.weights[..<final.start].count { $0 > 0 },
      isNew: final.tokens.indices.filter { final.weights[$0] > 0 }.map {
        isNew.indices.contains($0 - final.start) && isNew[$0 - final.start]
      }, editRate: edit.editRate, weight: Float(row.weight))
  }

  // MARK: Windows

  private func windows(of sequence: Sequence, document: Int) -> [TrainingExample] {
    let tokens = sequence.tokens
    var examples: [TrainingExample] = []
    var start = 0
    while start < tokens.count {
      let context = start == 0 ? [] : contextTokens(before: start, in: tokens)
      let end = windowEnd(from: start, room: maxSequenceLength - context.count, in: tokens)
      let weights = sequence.weights[start..<end].filter { $0 > 0 }
      if !weights.isEmpty {
        examples.append(
          TrainingExample(
            tokens: context + tokens[start..<end],
            labelled: labels(sequence.weights[start..<end], offset: context.count - start),
            weights: weights.allSatisfy { $0 == 1 } ? nil : weights, document: document))
      }
      start = end
    }
    return examples
  }

  /// The runs of tokens that count, by their places in a window.
  private func labels(_ weights: ArraySlice<Float>, offset: Int) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var place = weights.startIndex
    while let first = weights[place...].firstIndex(where: { $0 > 0 }) {
      place = weights[first...].firstIndex { $0 == 0 } ?? weights.endIndex
      runs.append(first + offset..<place + offset)
    }
    return runs
  }

  /// What a later window starts with. Special tokens that would fill half of it are left out.
  private func contextTokens(before start: Int, in tokens: [Int32]) -> [Int32] {
    (tokenizer.prefixIDs.count < maxSequenceLength / 2 ? tokenizer.prefixIDs : []) + [tokens[start - 1]]
  }

  /// Where the window that starts at `start` ends: after the last paragraph of its second half, else where
  /// it is full.
  private func windowEnd(from start: Int, room: Int, in tokens: [Int32]) -> Int {
    let limit = start + room
    guard limit < tokens.count else { return tokens.count }
    for end in stride(from: limit, to: start + room / 2, by: -1) where endsParagraph(at: end, in: tokens) {
      return end
    }
    return limit
  }

  /// Whether the tokens before `end` end with an empty line. Two tokens tell: an empty line is one token or
  /// two, depending on the pre-tokenizer.
  private func endsParagraph(at end: Int, in tokens: [Int32]) -> Bool {
    let last = tokenizer.bytes(ofID: tokens[end - 1])
    guard last.last == UInt8(ascii: "\n") else { return false }
    return (tokenizer.bytes(ofID: tokens[end - 2]) + last).suffix(2) == [0x0A, 0x0A]
  }
}

extension Range<Int> {
  /// The range `offset` further on, as far as it lies within `bounds`.
  fileprivate func shifted(by offset: Int, within bounds: Range<Int>) -> Range<Int> {
    (lowerBound + offset..<upperBound + offset).clamped(to: bounds)
  }
}
