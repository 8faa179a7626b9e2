/// A text as the measures of voice read it: words, sentences, paragraphs and punctuation.
public struct TextUnits: Equatable, Sendable {
  /// The marks that ``punctuation`` counts, in its order; curly quotes count as straight ones.
  public static let marks: [Character] = [
    ",", ".", ";", ":", "—", "–", "-", "…", "!", "?", "(", ")", "\"", "'", "\n",
  ]

  /// The words, lower-cased: runs of letters, with an apostrophe where letters stand on both sides of it.
  public private(set) var words: [String] = []
  /// The words of each sentence that has some. A sentence ends with ., !, ? or …, behind which quotes and brackets
  /// may close, before white space; a paragraph's end ends one too.
  public private(set) var sentenceLengths: [Int] = []
  /// The words of each paragraph that has some; paragraphs are apart by an empty line.
  public private(set) var paragraphLengths: [Int] = []
  /// How often each of ``marks`` stands in the text.
  public private(set) var punctuation = [Int](repeating: 0, count: marks.count)

  /// Reads a text, in one pass over its Unicode scalars.
  public init(_ text: String) {
    var word: [UInt8] = []
    var apostropheIsDue = false
    var sentenceHasEnded = false
    var newlines = 0
    var (sentenceStart, paragraphStart) = (0, 0)

    func endWord() {
      apostropheIsDue = false
      guard !word.isEmpty else { return }
      words.append(String(decoding: word, as: UTF8.self))
      word.removeAll(keepingCapacity: true)
    }
    func endSentence() {
      if words.count > sentenceStart { sentenceLengths.append(words.count - sentenceStart) }
      sentenceStart = words.count
      sentenceHasEnded = false
    }
    func endParagraph() {
      endSentence()
      if words.count > paragraphStart { paragraphLengths.append(words.count - paragraphStart) }
      paragraphStart = words.count
    }

    for scalar in text.unicodeScalars {
      if scalar.isLetter || (!word.isEmpty && scalar.isAccent) {
        if apostropheIsDue { word.append(UInt8(ascii: "'")) }
        apostropheIsDue = false
        if scalar.value < 0x80 {
          word.append(UInt8(scalar.value) | 0x20)
        } else {
          word.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
        }
        sentenceHasEnded = false
        newlines = 0
        continue
      }
      if let mark = TextUnits.mark(scalar) { punctuation[mark] += 1 }
      let isApostrophe = scalar == "'" || scalar == "’"
      if isApostrophe, !word.isEmpty, !apostropheIsDue { apostropheIsDue = true } else { endWord() }
      if scalar.isSpace {
        if sentenceHasEnded { endSentence() }
        if scalar == "\n" { newlines += 1 }
        if newlines == 2 { endParagraph() }
        continue
      }
      newlines = 0
      switch scalar {
      case ".", "!", "?", "…": sentenceHasEnded = true
      case "\"", "'", "”", "’", "»", ")", "]": break
      default: sentenceHasEnded = false
      }
    }
    endWord()
    endParagraph()
  }

  /// The place of a scalar's mark among ``marks``.
  private static func mark(_ scalar: Unicode.Scalar) -> Int? {
    switch scalar {
    case ",": 0
    case ".": 1
    case ";": 2
    case ":": 3
    case "—": 4
    case "–": 5
    case "-": 6
    case "…": 7
    case "!": 8
    case "?": 9
    case "(": 10
    case ")": 11
    case "\"", "“", "”": 12
    case "'", "‘", "’": 13
    case "\n": 14
    default: nil
    }
  }
}
