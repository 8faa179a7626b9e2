/// The one layout of a seed and its piece, shared by training and drafting.
///
/// The prompt is one line for each part of the seed and an empty line:
///
///     topic: a kettle that stopped whistling
///     angle: noise is information
///     length: 260 words
///     kind: note
///
/// What is learned is the piece: `# Title`, an empty line and the text; the text alone where there is no
/// title. The title is on the learned side, since a writer who gives a seed has no title yet. Prompt and
/// piece are tokenised apart, so the boundary falls between the same two tokens in training and drafting.
public enum PromptLayout {
  /// Names this layout in a run's metadata; an adapter is only good for prompts in the layout it learned.
  public static let version = "seed-lines-1"

  /// The prompt of `seed`, up to where the piece starts; empty for an empty seed.
  public static func prompt(for seed: Seed) -> String {
    let parts = [
      seed.topic.map { "topic: \($0)" },
      seed.angle.map { "angle: \($0)" },
      seed.length.map { "length: \($0) words" },
      seed.kind.map { "kind: \($0)" },
    ].compactMap { $0 }
    return parts.isEmpty ? "" : parts.joined(separator: "\n") + "\n\n"
  }

  /// The piece as it is learned and drafted, without white space at either end.
  public static func piece(title: String?, text: String) -> String {
    let body = String(text.unicodeScalars[bodyRange(text)])
    guard let title else { return body }
    return heading(title) + body
  }

  /// Where the first byte of `text` would be in its piece: after the title, and before the piece where white space
  /// is cut off.
  static func offset(title: String?, text: String) -> Int {
    (title.map { heading($0).utf8.count } ?? 0)
      - text.utf8.distance(from: text.startIndex, to: bodyRange(text).lowerBound)
  }

  private static func heading(_ title: String) -> String { "# \(title)\n\n" }

  /// Where a text is without white space at either end.
  private static func bodyRange(_ text: String) -> Range<String.Index> {
    let scalars = text.unicodeScalars
    guard let start = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return text.startIndex..<text.startIndex }
    return start..<scalars.index(after: last)
  }
}
