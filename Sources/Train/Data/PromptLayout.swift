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
    let body = trimmed(text)
    guard let title else { return body }
    return "# \(title)\n\n\(body)"
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.unicodeScalars.firstIndex { !$0.properties.isWhitespace } ?? text.endIndex
    guard let last = text.unicodeScalars.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
    return String(text.unicodeScalars[start...last])
  }
}
