/// What stands high in a text, told by what is in its element.
enum Superscript {
  /// The number of a note: a link, or a number between brackets.
  case note
  /// The end of an ordinal or the sign of a trademark, which reads the same on the line.
  case ending
  /// Anything else; an exponent reads otherwise without a mark.
  case power

  private static let endings: Set<String> = ["st", "nd", "rd", "th", "tm", "sm", "®", "™"]

  init(_ content: some Collection<UInt8>) {
    let text = String(decoding: content, as: UTF8.self).lowercased().trimmed
    if text.contains("<a") || (text.hasPrefix("[") && text.hasSuffix("]")) {
      self = .note
    } else {
      self = Self.endings.contains(text) || text.isEmpty ? .ending : .power
    }
  }
}
