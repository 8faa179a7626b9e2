import Train

/// The language of a text, told by its commonest words.
enum Language: String, CaseIterable, Sendable {
  case english, german, french, spanish, italian, dutch, portuguese

  /// Words that are among the commonest of one language; those that two share count for both.
  private static let words: [String: [Language]] = {
    let lists: [(Language, String)] = [
      (
        .english,
        "the and of to in is that it was for on with as his he be at by this had not are but from have"
      ),
      (
        .german,
        "der die und das ist nicht ein eine ich zu den mit sich auf dem für von im des es war auch wie"
      ),
      (
        .french, "le la les et des est un une du que qui dans pour pas ce il elle sur au avec je plus ne sont"
      ),
      (.spanish, "el la los las y de que en un una es por con para no se del lo su al como más pero fue"),
      (.italian, "il la di che e un una è per non con del della si le lo gli da sono come più ma nel alla"),
      (.dutch, "de het een en van ik te dat die in is niet zijn op aan met voor er maar om hij was ook als"),
      (.portuguese, "o a os as e de que em um uma é não com para do da se no na por mais foi ele como"),
    ]
    var words: [String: [Language]] = [:]
    for (language, list) in lists {
      for word in list.split(separator: " ") { words[String(word), default: []].append(language) }
    }
    return words
  }()

  /// The language of `text`; nil where fewer than 40 words stand in it, or none of the seven is clearly ahead.
  ///
  /// In running text a quarter to a half of the words are on their language's list. One is clear with a tenth of
  /// the words and half as many again as the next.
  init?(of text: String) {
    var counts: [Language: Int] = [:]
    let words = Self.firstWords(of: text, count: 1000)
    guard words.count >= 40 else { return nil }
    for word in words {
      for language in Self.words[word] ?? [] { counts[language, default: 0] += 1 }
    }
    let ranked = Self.allCases.map { (language: $0, count: counts[$0] ?? 0) }.sorted { $0.count > $1.count }
    guard ranked[0].count * 10 >= words.count, ranked[0].count * 2 >= ranked[1].count * 3 else { return nil }
    self = ranked[0].language
  }

  /// The first runs of letters, lower-cased.
  private static func firstWords(of text: String, count: Int) -> [String] {
    let scalars = text.unicodeScalars
    var words: [String] = []
    var start: String.Index?
    for index in scalars.indices {
      let scalar = scalars[index]
      if scalar.isLetter || (start != nil && scalar.isAccent) {
        if start == nil { start = index }
      } else if let first = start {
        words.append(text[first..<index].lowercased())
        start = nil
        if words.count == count { return words }
      }
    }
    return start.map { words + [text[$0...].lowercased()] } ?? words
  }
}
