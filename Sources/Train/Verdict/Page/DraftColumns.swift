/// Drafts of the same seed side by side, the writer's own text first.
enum DraftColumns {
  /// The seeds shown.
  private static let count = 3
  /// The words of each text shown.
  private static let words = 170

  /// A card for each of a few seeds.
  static func html(_ outcome: VerdictOutcome) -> String {
    let shown = min(count, outcome.places.count)
    return (0..<shown).map { card($0 * outcome.places.count / shown, outcome) }.joined(separator: "\n")
  }

  private static func card(_ index: Int, _ outcome: VerdictOutcome) -> String {
    let piece = outcome.pieces[outcome.places[index]]
    let seed = [
      piece.seed.angle, piece.seed.length.map { "\($0) words" }, piece.seed.kind,
    ].compactMap(\.self).joined(separator: " · ")
    let own = column(
      "the writer", "writer", note: NumberText.counted(Seed.wordCount(of: piece.text), "word"),
      title: piece.title, body: piece.text)
    let drafts = outcome.systems.compactMap { system -> String? in
      guard let draft = system.drafts[index].first else { return nil }
      let (title, body) = draft.draft.titleAndBody
      return column(
        system.system.name, system.system.style, note: note(draft, body: body), title: title, body: body,
        copied: draft.isCopied ? draft.copying.longestRun.joined(separator: " ") : nil)
    }
    return HTML.card(
      piece.seed.topic ?? piece.title ?? "A draft", "",
      "<p class=\"seed\">\(HTML.text(seed))</p>\n<div class=\"drafts\">\n\(([own] + drafts).joined(separator: "\n"))\n</div>"
    )
  }

  private static func note(_ draft: JudgedDraft, body: String) -> String {
    let words = NumberText.counted(Seed.wordCount(of: body), "word")
    let ending = draft.adherence.endsByItself ? "ended by itself" : "cut at its limit"
    return "\(words) · \(ending) · adherence \(NumberText.fixed(draft.adherence.score, 2))"
  }

  private static func column(
    _ name: String, _ style: String, note: String, title: String?, body: String, copied: String? = nil
  ) -> String {
    let copy =
      copied.map { "<p class=\"note copied\">copied: “\(HTML.text($0))”</p>" } ?? ""
    let heading = title.map { "<p class=\"title\">\(HTML.text($0))</p>" } ?? ""
    return """
      <article class="draft"><h3><i class="chip \(style)"></i>\(HTML.text(name))</h3>
      <p class="note">\(HTML.text(note))</p>\(copy)
      <div class="text">\(heading)\(paragraphs(body))</div></article>
      """
  }

  /// The opening of a text, paragraph by paragraph.
  private static func paragraphs(_ text: String) -> String {
    var left = words
    var shown: [String] = []
    for paragraph in text.split(whereSeparator: \.isNewline).filter({ !$0.allSatisfy(\.isWhitespace) })
    where left > 0 {
      let words = paragraph.split(separator: " ")
      shown.append(words.prefix(left).joined(separator: " ") + (words.count > left ? " …" : ""))
      left -= words.count
    }
    return shown.map { "<p>\(HTML.text($0))</p>" }.joined(separator: "\n")
  }
}
