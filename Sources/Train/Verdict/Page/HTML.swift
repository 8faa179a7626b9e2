import Foundation

/// Pieces of a page as text.
enum HTML {
  /// A text as a page shows it: nothing in it is markup, in an element or in a quoted attribute.
  static func text(_ text: String) -> String {
    var escaped = ""
    for character in text.withoutControlCharacters {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.append(character)
      }
    }
    return escaped
  }

  /// A coordinate, to a tenth of a pixel.
  static func coordinate(_ value: Double) -> String {
    let text = String(format: "%.1f", value)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// A part of a page with a heading and a line that says how to read it.
  static func card(_ title: String, _ caption: String, _ content: String, class name: String = "") -> String {
    """
    <section class="card \(name)">
    <h2>\(text(title))</h2>
    \(caption.isEmpty ? "" : "<p class=\"caption\">\(text(caption))</p>")
    \(content)
    </section>
    """
  }
}
