/// A draft as a system wrote it.
public struct SystemDraft: Equatable, Sendable {
  /// The text, title line and all, without end-of-text.
  public let text: String
  /// The time of prompt and draft, in milliseconds; nil where that was not measured.
  public let latencyMilliseconds: Double?
  /// What it cost; nil where that is not known.
  public let cost: Double?
  /// Whether the system ended the text by itself.
  public let endedByItself: Bool

  /// The title and the text below it, where the draft opens with a line "# Title".
  var titleAndBody: (title: String?, body: String) {
    let lines = text.drop(while: \.isWhitespace).split(
      maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard let first = lines.first, first.hasPrefix("# ") else { return (nil, text) }
    return (String(first.dropFirst(2)), lines.count > 1 ? String(lines[1]) : "")
  }
}

/// A draft and what was found of it.
public struct JudgedDraft: Equatable, Sendable {
  /// The draft.
  public let draft: SystemDraft
  /// How well it does what its seed asks.
  public let adherence: Adherence
  /// What it has copied from the training side.
  public let copying: Copying
  /// Whether that is more than the writer repeats.
  public let isCopied: Bool
}
