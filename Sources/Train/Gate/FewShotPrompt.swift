import Model

/// Prompts with pieces of an archive before them, each laid out as it would be learned.
///
/// The pieces nearest to what is asked for come first to the choice, as many as the window has room for, and
/// the nearest stands last, next to the question. Near means sharing words: the number of different words of
/// four letters or more in both, those of the topic and the angle where a seed asks. A piece with the very seed or
/// prompt that is asked for is left out, since it would give the answer away.
package struct FewShotPrompt {
  /// The most tokens of prompt and answer unless told, where the base reads as many: more examples cost more time than
  /// they are known to bring.
  package static let window = 2048

  /// The tokens to start from, and how many new ones there may be.
  struct Plan: Equatable {
    let tokens: [Int32]
    let tokenLimit: Int
    let examples: Int
  }

  private struct Example {
    let prompt: String
    let words: Set<String>
    let tokens: [Int32]
  }

  private let base: BaseModel
  private let encoder: ExampleEncoder
  private let examples: [Example]
  private let limit: Int

  /// - Parameters:
  ///   - rows: where examples come from; those without a prompt are passed over.
  ///   - limit: the most examples in one prompt.
  package init(base: BaseModel, rows: [ArchiveRow], limit: Int) {
    self.base = base
    self.limit = limit
    encoder = ExampleEncoder(tokenizer: BaseTokenCoder(base), maxSequenceLength: .max)
    let end = base.configuration.endOfText.first.map { [$0] } ?? []
    examples = rows.compactMap { row in
      guard let (prompt, piece) = row.promptAndPiece, !prompt.isEmpty else { return nil }
      let tokens =
        base.tokenizer.encode(prompt, addSpecialTokens: false)
        + base.tokenizer.encode(piece, addSpecialTokens: false) + end
      return Example(prompt: prompt, words: FewShotPrompt.words(prompt + " " + piece), tokens: tokens)
    }
  }

  /// The plan for a case.
  ///
  /// - Throws: ``GateRunError/promptTooLong(id:tokens:window:)`` where the case alone fills the window.
  func plan(for item: GateCase, maxTokens: Int, window: Int) throws(GateRunError) -> Plan {
    let question: [Int32]
    var tokenLimit = maxTokens
    switch item.request {
    case .prompt(let text):
      question = encoder.promptTokens(text)
    case .seed(let seed):
      let plan = DraftPrompt(for: seed, base: base)
      question = plan.tokens
      tokenLimit = plan.tokenLimit
    }
    guard question.count < window else {
      throw .promptTooLong(id: item.id, tokens: question.count, window: window)
    }
    tokenLimit = min(tokenLimit, window - question.count)
    let room = window - question.count - tokenLimit
    let shown =
      switch item.request {
      case .prompt(let text): examples(near: text, besides: text, room: room)
      case .seed(let seed): examples(for: seed, room: room)
      }
    return Plan(
      tokens: shown.before(question, prefix: base.tokenizer.prefixIDs), tokenLimit: tokenLimit,
      examples: shown.count)
  }

  /// Examples as they stand in a prompt.
  package struct Shown {
    /// The tokens of all of them.
    package let tokens: [Int32]
    /// How many they are.
    package let count: Int

    /// The question with the examples before it, behind the tokens that begin every text.
    package func before(_ question: [Int32], prefix: [Int32]) -> [Int32] {
      prefix + tokens + question.dropFirst(prefix.count)
    }
  }

  /// The examples nearest to the topic and the angle of a seed; see ``examples(near:besides:room:cuts:)``.
  package func examples(for seed: Seed, room: Int, cuts: Bool = false) -> Shown {
    examples(
      near: [seed.topic, seed.angle].compactMap(\.self).joined(separator: " "),
      besides: PromptLayout.prompt(for: seed), room: room, cuts: cuts)
  }

  /// The nearest examples that there is room for, the nearest last.
  ///
  /// - Parameters:
  ///   - subject: what they should be near to.
  ///   - prompt: whose own example is left out.
  ///   - room: the most tokens.
  ///   - cuts: where not even one example fits whole, shows as much of the nearest one's opening as does.
  func examples(near subject: String, besides prompt: String, room: Int, cuts: Bool = false) -> Shown {
    let wanted = FewShotPrompt.words(subject)
    let near = examples.enumerated().filter { $0.element.prompt != prompt }
      .map { (index: $0.offset, shared: $0.element.words.intersection(wanted).count) }
      .sorted { ($1.shared, $0.index) < ($0.shared, $1.index) }
    var left = room
    var chosen: [Int] = []
    for candidate in near where chosen.count < limit && examples[candidate.index].tokens.count <= left {
      chosen.append(candidate.index)
      left -= examples[candidate.index].tokens.count
    }
    if chosen.isEmpty, cuts, limit > 0, room > 0, let nearest = near.first {
      return Shown(tokens: Array(examples[nearest.index].tokens.prefix(room)), count: 1)
    }
    return Shown(tokens: chosen.reversed().flatMap { examples[$0].tokens }, count: chosen.count)
  }

  private static func words(_ text: String) -> Set<String> {
    Set(text.lowercased().split { !$0.isLetter }.filter { $0.count >= 4 }.map(String.init))
  }
}

extension ArchiveRow {
  /// Whether the row has a prompt to be shown with its answer.
  var canBeShown: Bool { promptAndPiece.map { !$0.0.isEmpty } ?? false }

  /// The row's prompt and what is learned after it; nil where it has no prompt.
  fileprivate var promptAndPiece: (String, String)? {
    switch content {
    case .post(let title, let seed, let text), .edit(let title, let seed, _, let text):
      (PromptLayout.prompt(for: seed), PromptLayout.piece(title: title, text: text))
    case .completion(let prompt, let completion): (prompt, completion)
    case .text, .chat: nil
    }
  }
}
