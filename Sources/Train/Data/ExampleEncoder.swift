/// Turns archive rows into token sequences with labels.
///
/// | row | tokens | labels |
/// |---|---|---|
/// | text | special tokens + text + end-of-text | all but the first token |
/// | post | leading special tokens + prompt of the seed, then piece + end-of-text | piece and end-of-text |
/// | edit | the same, with the final as the piece | the same |
/// | completion | leading special tokens + prompt, then completion + end-of-text | completion and end-of-text |
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

  /// Makes an encoder.
  ///
  /// - Parameters:
  ///   - maxSequenceLength: the longest window in tokens, at least ``minimumSequenceLength``.
  ///   - masksPrompt: whether prompts go without labels.
  public init(tokenizer: any TokenCoder, maxSequenceLength: Int, masksPrompt: Bool = true) {
    precondition(
      maxSequenceLength >= Self.minimumSequenceLength,
      "a window of \(maxSequenceLength) tokens is below \(Self.minimumSequenceLength)")
    self.tokenizer = tokenizer
    self.maxSequenceLength = maxSequenceLength
    self.masksPrompt = masksPrompt
  }

  /// The windows of `row` that have a label, in order; none where there is nothing to learn.
  ///
  /// - Parameter document: the index of the row, which its windows carry.
  public func examples(for row: ArchiveRow, document: Int) -> [TrainingExample] {
    let (prompt, learned) = promptAndLearned(row)
    var tokens: [Int32]
    var firstLabel = 1
    if let prompt {
      tokens = promptTokens(prompt)
      if masksPrompt { firstLabel = max(1, tokens.count) }
      tokens += tokenizer.encode(learned, addSpecialTokens: false)
    } else {
      tokens = tokenizer.encode(learned, addSpecialTokens: true)
    }
    // Some tokenizers end every text with it themselves.
    if let end = tokenizer.endOfTextID, tokens.last != end { tokens.append(end) }
    guard firstLabel < tokens.count else { return [] }
    return windows(of: tokens, firstLabel: firstLabel, document: document)
  }

  /// The tokens that a draft starts from: what training puts before the first learned token.
  public func promptTokens(_ prompt: String) -> [Int32] {
    tokenizer.prefixIDs + tokenizer.encode(prompt, addSpecialTokens: false)
  }

  /// The length in bytes of what is learned of `row`, for bits per byte. End-of-text has no bytes.
  public func learnedBytes(of row: ArchiveRow) -> Int {
    let (prompt, learned) = promptAndLearned(row)
    return learned.utf8.count + (masksPrompt ? 0 : prompt?.utf8.count ?? 0)
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

  // MARK: Windows

  private func windows(of tokens: [Int32], firstLabel: Int, document: Int) -> [TrainingExample] {
    var examples: [TrainingExample] = []
    var start = 0
    while start < tokens.count {
      let context = start == 0 ? [] : contextTokens(before: start, in: tokens)
      let end = windowEnd(from: start, room: maxSequenceLength - context.count, in: tokens)
      let label = max(start, firstLabel)
      if label < end {
        let offset = context.count - start
        examples.append(
          TrainingExample(
            tokens: context + tokens[start..<end], labelled: [label + offset..<end + offset],
            document: document))
      }
      start = end
    }
    return examples
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
