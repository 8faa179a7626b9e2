/// What on a page is no text of its writer: scripts, navigation, forms, what is shown from elsewhere, calls to
/// subscribe, and the numbers of notes.
enum HTMLFurniture {
  private static let navigation: Set<String> = [
    "nav", "aside", "footer", "form", "button", "select", "script", "style", "noscript", "template", "head",
    "dialog",
  ]
  private static let embeds: Set<String> = [
    "iframe", "video", "audio", "object", "svg", "canvas", "figcaption", "picture",
  ]

  /// Goes on behind the element that was just opened, and says what it was; nil for one that is to be read.
  static func skip(
    _ name: String, _ attributes: Range<Int>, isEmpty: Bool, in tokens: inout MarkupTokenizer
  ) -> TextChange? {
    if let change = kind(of: name) {
      if !isEmpty { tokens.skip(past: name) }
      return change
    }
    switch name {
    case "a" where isNote(attributes, tokens), "sup" where Superscript(tokens.content(of: name)) == .note:
      tokens.skip(past: name)
      return .navigation
    case "p", "div", "figure":
      guard let classes = tokens.attribute("class", in: attributes), let change = change(of: classes) else {
        return nil
      }
      return tokens.skipElement(name) ? change : nil
    default: return nil
    }
  }

  /// What an element is that is no text whatever is in it; nil for any other.
  static func kind(of name: String) -> TextChange? {
    if navigation.contains(name) { return .navigation }
    return embeds.contains(name) ? .embed : nil
  }

  /// Calls to subscribe are Substack's, cards with another page's title and description are Ghost's.
  private static func change(of classes: String) -> TextChange? {
    for name in classes.split(whereSeparator: \.isWhitespace) {
      if name == "button-wrapper" || name.hasPrefix("subscription-widget") { return .navigation }
      if name == "kg-bookmark-card" { return .embed }
    }
    return nil
  }

  /// Whether a link is the number of a note, or leads back from one: by its class, its role, or standing high.
  private static func isNote(_ attributes: Range<Int>, _ tokens: MarkupTokenizer) -> Bool {
    if tokens.attribute("class", in: attributes)?.contains("footnote") ?? false { return true }
    if let role = tokens.attribute("role", in: attributes), ["doc-noteref", "doc-backlink"].contains(role) {
      return true
    }
    return tokens.content(of: "a").starts(with: "<sup".utf8)
  }
}
