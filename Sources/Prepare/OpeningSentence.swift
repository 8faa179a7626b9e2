/// The first sentence of a text's first paragraph that is its writer's own, with what reads only on a page taken out.
enum OpeningSentence {
  /// A longer one is cut here.
  private static let mostWords = 30

  /// The sentence; nil where the text has no paragraph outside of headings, lists, quotations and code.
  static func of(_ text: String, dialect: MarkdownLines.Dialect) -> String? {
    guard let paragraph = firstParagraph(of: text, dialect: dialect) else { return nil }
    let words = paragraph.filter { !"*_`".contains($0) }.split(whereSeparator: \.isWhitespace)
    var count = 0
    for (index, word) in words.prefix(mostWords).enumerated() {
      count = index + 1
      if ends(word, before: count < words.count ? words[count] : nil) { break }
    }
    return words.prefix(count).joined(separator: " ")
  }

  private static func firstParagraph(of text: String, dialect: MarkdownLines.Dialect) -> String? {
    let bytes = Array(text.utf8)
    let lines = MarkdownLines.lines(of: bytes, dialect: dialect)
    var start: Int?
    for (index, line) in lines.enumerated() {
      let words = bytes[line.range].drop(while: \.isASCIISpace)
      if line.block == .paragraph, !line.isQuoted, !words.isEmpty {
        start = start ?? index
        if index + 1 < lines.count { continue }
      }
      guard let first = start else { continue }
      start = nil
      // A line of `=` or `-` makes a heading of what is above it.
      if line.block == .other, let mark = words.first, "=-".utf8.contains(mark) { continue }
      let end = line.block == .paragraph && !line.isQuoted ? line.range.upperBound : line.range.lowerBound
      let paragraph = String(decoding: bytes[lines[first].range.lowerBound..<end], as: UTF8.self)
      if startsWithWord(paragraph) { return paragraph }
    }
    return nil
  }

  /// Whether a word comes first, in emphasis and quotation marks at most: a table, say, starts otherwise.
  private static func startsWithWord(_ paragraph: String) -> Bool {
    let first = paragraph.first { !$0.isWhitespace && !"*_`\"'“”„‘’«»(".contains($0) }
    return first.map { $0.isLetter || $0.isNumber } ?? false
  }

  // MARK: Ends of sentences

  private static let abbreviations: Set<String> = [
    "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "rev", "gen", "col", "sgt", "capt", "lt", "hon", "vs",
    "etc",
    "cf", "al", "ca", "approx", "nr", "vol", "pp", "fig", "ed", "dept", "inc", "ltd", "jan", "feb", "apr",
    "jun",
    "jul", "aug", "sep", "sept", "oct", "nov", "dec", "bzw", "usw", "vgl", "evtl", "mme", "mlle", "sra",
  ]

  /// Whether a sentence ends with `word`, which stands before `next`.
  private static func ends(_ word: Substring, before next: Substring?) -> Bool {
    var core = word
    while let last = core.last, "\"”’'»)]".contains(last) { core.removeLast() }
    guard let mark = core.popLast(), ".!?…".contains(mark) else { return false }
    guard let next else { return true }
    if next.first(where: { $0.isLetter || $0.isNumber })?.isLowercase ?? false { return false }
    guard mark == "." else { return true }
    // Neither initials, "U.S.", the day in "3. Mai", nor "Mr." end one.
    let name = core.drop { !$0.isLetter && !$0.isNumber }
    let isDay = name.count == 2 && name.allSatisfy(\.isNumber)
    return name.count > 1 && !isDay && !name.contains(".") && !abbreviations.contains(name.lowercased())
  }
}
