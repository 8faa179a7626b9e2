/// What is changed in a piece on its way into the archive.
public enum TextChange: String, CaseIterable, Sendable {
  /// A template's call: `{{< figure >}}`, `{% include %}`, `[gallery]`, `{: .note}`.
  case shortcode
  /// A comment, such as `<!-- more -->`.
  case comment
  /// Something shown from elsewhere: an image, a frame, a video, an address alone on its line.
  case embed
  /// The address behind a link, whose words stay.
  case linkTarget = "link_target"
  /// Parameters of an address that follow its readers: `utm_source`, `fbclid`.
  case tracking
  /// Navigation, forms, buttons and other furniture of a page.
  case navigation
  /// A tag of HTML; what it means stays as Markdown.
  case html
  /// The title again at the top of the text.
  case repeatedTitle = "repeated_title"
  /// A paragraph at the head or foot of many pieces.
  case boilerplate
  /// A secret or personal data, replaced.
  case redaction

  /// In words, for one; several have an "s" behind them.
  var noun: String {
    switch self {
    case .shortcode: "shortcode"
    case .comment: "comment"
    case .embed: "embed"
    case .linkTarget: "link target"
    case .tracking: "tracked link"
    case .navigation: "page part"
    case .html: "HTML tag"
    case .repeatedTitle: "repeated title"
    case .boilerplate: "boilerplate paragraph"
    case .redaction: "redaction"
    }
  }
}

/// A piece's text as the archive will have it, and what was changed to get there.
struct CleanText: Equatable, Sendable {
  var text: String
  var changes: [TextChange: Int] = [:]

  mutating func count(_ change: TextChange, _ number: Int = 1) {
    if number > 0 { changes[change, default: 0] += number }
  }
}
