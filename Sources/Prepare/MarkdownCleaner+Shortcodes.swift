extension MarkdownCleaner {
  /// Drops `{{ … }}`, `{% … %}` and `{: … }`; Jekyll's highlight blocks become fenced code.
  mutating func dropTemplateCall() -> Bool {
    for (open, close) in [("{{", "}}"), ("{%", "%}"), ("{:", "}")]
    where bytes[position...].starts(with: open.utf8) {
      guard let end = find(close, from: position + 2, limit: 4096) else { return false }
      let call = position..<end + close.utf8.count
      if open == "{%", replaceHighlight(call) { return true }
      return drop(call.count, as: .shortcode)
    }
    return false
  }

  /// Writes Jekyll's block of highlighted code between fences; `call` is the one that opens it.
  private mutating func replaceHighlight(_ call: Range<Int>) -> Bool {
    func words(of call: Range<Int>) -> [Substring] {
      String(decoding: bytes[call].dropFirst(2).dropLast(2), as: UTF8.self).split {
        $0.isWhitespace || $0 == "-"
      }
    }
    let opening = words(of: call)
    guard hasHighlightEnd, opening.first == "highlight" else { return false }
    var last = call.upperBound
    while let start = find("{%", from: last, limit: .max), let end = find("%}", from: start, limit: 4096) {
      last = end + 2
      guard words(of: start..<last).first == "endhighlight" else { continue }
      let code = String(decoding: bytes[call.upperBound..<start], as: UTF8.self)
      let fence = CodeFence.backticks(around: code, minimum: 3)
      writeBlock(
        fence + (opening.dropFirst().first ?? "") + "\n" + code.withoutBlankEnds + "\n" + fence, to: last)
      count(.shortcode)
      return true
    }
    hasHighlightEnd = false
    return false
  }

  private static let bracketCodes: Set<String> = [
    "caption", "gallery", "embed", "youtube", "vimeo", "audio", "video", "playlist", "contact-form",
    "contact-form-7",
    "soundcloud", "twitter", "tweet", "instagram", "more", "sourcecode", "code", "wp_caption", "button",
    "subscribe",
    "subscription_form", "sharing", "poll", "spotify", "googlemaps",
  ]

  /// Drops WordPress's `[gallery ids="1"]` and `[/caption]`; what stands between two stays, but for an embed's address.
  mutating func dropBracketCode() -> Bool {
    var name = position + 1
    if name < bytes.count, bytes[name] == UInt8(ascii: "/") { name += 1 }
    let word = bytes[min(name, bytes.count)...].prefix { $0.isASCIIWord || $0 == UInt8(ascii: "-") }
    guard !word.isEmpty, Self.bracketCodes.contains(String(decoding: word, as: UTF8.self).lowercased()),
      let end = find("]", from: name, limit: 1024)
    else { return false }
    // `[more](address)` and `[more][1]` are links, and so is `[more]` where that is defined.
    if isDefined(bytes[position + 1..<end]) { return false }
    if end + 1 < bytes.count, bytes[end + 1] == UInt8(ascii: "(") || bytes[end + 1] == UInt8(ascii: "[") {
      return false
    }
    return drop(end + 1 - position, as: .shortcode)
  }
}

extension String {
  /// The text without empty lines at either end.
  fileprivate var withoutBlankEnds: Substring {
    let text = withoutTrailingSpace
    guard let first = text.firstIndex(where: { !$0.isWhitespace }) else { return text }
    return text[(text[..<first].lastIndex(of: "\n").map(text.index(after:)) ?? text.startIndex)...]
  }
}
