import Foundation

/// What a finished run came to, for the writer.
public struct FinalReport: Sendable {
  /// What the run came to.
  public let outcome: FineTuningOutcome
  /// The steps of the whole run.
  public let totalSteps: Int
  /// The drafts from one held-out seed, before and after training, where there is one.
  public let drafts: (before: DraftSample, after: DraftSample)?
  /// What to type next.
  public let nextCommand: String

  /// How much of a draft is shown, in lines.
  static let draftLines = 14

  /// Makes a report.
  public init(
    _ outcome: FineTuningOutcome, totalSteps: Int, drafts: (before: DraftSample, after: DraftSample)?,
    nextCommand: String
  ) {
    self.outcome = outcome
    self.totalSteps = totalSteps
    self.drafts = drafts
    self.nextCommand = nextCommand
  }

  /// The drafts, the table, the facts, the verdict and the next command, in lines of at most `width` characters
  /// but for paths and commands.
  public func lines(width: Int, style: TextStyle = .plain) -> [String] {
    let width = min(max(width, 40), 100)
    var lines: [String] = []
    if let drafts {
      lines += "A draft from a held-out seed, \(PromptText.inline(drafts.before.seed)):".wrapped(width: width)
      lines +=
        draft("before", drafts.before, width, style) + draft("after", drafts.after, width, style) + [""]
    }
    if let comparison = outcome.comparison {
      let count = NumberText.counted(comparison.bootstrap.documents, "held-out document")
      lines +=
        [style.bold("Base and adapter on \(count)")] + ComparisonTable.lines(comparison, style: style) + [""]
      lines += verdict(comparison, width, style) + [""]
    } else {
      lines += ["No verdict: nothing was held out.", ""]
    }
    lines += FactList.lines(facts)
    return lines + ["", "Write a draft with it:", "  \(style.bold(nextCommand))"]
  }

  private func verdict(_ comparison: HeldOutComparison, _ width: Int, _ style: TextStyle) -> [String] {
    let verdict = Verdict(comparison.bootstrap)
    let lines = verdict.reason(comparison.bootstrap).wrapped(width: width)
    let tint = verdict == .keep ? style.green : style.yellow
    return lines.map(tint)
  }

  private var facts: [(name: String, fact: String)] {
    let endings = outcome.endings
    let test = outcome.selfTest
    let kept =
      outcome.comparison == nil
      ? "the last step, \(outcome.keptStep)"
      : "step \(outcome.keptStep) of \(totalSteps), the best by held-out loss"
    var facts = [("kept", kept)]
    facts += outcome.edits?.facts ?? []
    if endings.drafts > 0 {
      facts.append(("drafts", "\(endings.ended) of \(endings.drafts) ended by themselves"))
    }
    facts.append(
      (
        "self-test",
        test.passes
          ? "passed: read back, the adapter gives the trained logits and differs from the base"
          : "FAILED: read back, logits differ by \(test.largestDifference) from the trained ones and by"
            + " \(test.largestEffect) from the base's"
      ))
    let speed = NumberText.rate(outcome.trainingTokens, seconds: outcome.trainingSeconds)
    let tokens = NumberText.grouped(outcome.trainingTokens)
    facts.append(
      ("speed", "\(speed) tokens/s (\(tokens) tokens in \(NumberText.duration(outcome.trainingSeconds)))"))
    facts.append(("memory", "\(ByteText.short(outcome.peakBytes)) at the peak"))
    facts.append(("files", "\(outcome.adapterPath)/ (PEFT's two files and \(RunRecord.name))"))
    return facts
  }

  private func draft(_ moment: String, _ draft: DraftSample, _ width: Int, _ style: TextStyle) -> [String] {
    let text = draft.text.withoutControlCharacters.trimmingCharacters(in: .whitespacesAndNewlines)
    // One empty line between paragraphs is enough.
    let lines = text.wrapped(width: width - 2)
    let wrapped = lines.enumerated().filter {
      $0.offset == 0 || $0.element != "" || lines[$0.offset - 1] != ""
    }
    .map(\.element)
    var shown = Array(wrapped.prefix(FinalReport.draftLines))
    let words = wrapped.dropFirst(shown.count).joined(separator: " ").split(separator: " ").count
    if words > 0 { shown.append(style.dim("… \(NumberText.counted(words, "more word"))")) }
    let ending = draft.endedByItself ? "" : style.dim(" (did not end by itself)")
    return ["", style.bold(moment) + ending] + shown.map { $0.isEmpty ? "" : "  \($0)" }
  }
}

/// A seed in a sentence.
enum PromptText {
  static func inline(_ seed: Seed) -> String {
    let parts = [
      seed.topic.map { "\"\($0)\"" }, seed.angle.map { "\"\($0)\"" }, seed.length.map { "\($0) words" },
      seed.kind,
    ].compactMap { $0 }
    return parts.isEmpty ? "an empty one" : parts.joined(separator: ", ").withoutControlCharacters
  }
}
