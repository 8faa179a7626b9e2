/// A text as the measures of voice read it: words, sentences, paragraphs and punctuation.
public struct TextUnits: Equatable, Sendable {
  /// The words, lower-cased: runs of letters, with an apostrophe where letters stand on both sides of it.
  public let words: [String]
  /// The words of each sentence that has some. A sentence ends with ., !, ? or …, behind which quotes and brackets
  /// may close, before white space; a paragraph's end ends one too.
  public let sentenceLengths: [Int]
  /// The words of each paragraph that has some; paragraphs are apart by an empty line.
  public let paragraphLengths: [Int]
  /// How often each mark of punctuation stands in the text.
  public let punctuation: [Character: Int]

  /// Reads a text.
  public init(_ text: String) {
    var words: [String] = []
    var sentences: [Int] = []
    var paragraphs: [Int] = []
    var punctuation: [Character: Int] = [:]
    for character in text where ",.;:—–-…!?()\"'“”‘’".contains(character) {
      punctuation[character, default: 0] += 1
    }
    for paragraph in TextUnits.paragraphs(text) {
      var length = 0
      for sentence in TextUnits.sentences(paragraph) {
        let found = TextUnits.words(sentence)
        if !found.isEmpty { sentences.append(found.count) }
        length += found.count
        words += found
      }
      if length > 0 { paragraphs.append(length) }
    }
    self.words = words
    sentenceLengths = sentences
    paragraphLengths = paragraphs
    self.punctuation = punctuation
  }

  private static func paragraphs(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .split { $0.allSatisfy(\.isWhitespace) }.map { $0.joined(separator: "\n") }
  }

  private static func sentences(_ text: String) -> [String] {
    var sentences: [String] = []
    var sentence = ""
    var hasEnded = false
    for character in text {
      if hasEnded, character.isWhitespace {
        sentences.append(sentence)
        sentence = ""
      }
      if ".!?…".contains(character) {
        hasEnded = true
      } else if !"\"'”’»)]".contains(character) {
        hasEnded = false
      }
      sentence.append(character)
    }
    return sentences + [sentence]
  }

  private static func words(_ text: String) -> [String] {
    let characters = Array(text.lowercased())
    var words: [String] = []
    var word = ""
    for (index, character) in characters.enumerated() {
      let joins =
        "'’".contains(character) && !word.isEmpty && index + 1 < characters.count
        && characters[index + 1].isLetter
      if character.isLetter || joins {
        word.append(character == "’" ? "'" : character)
      } else if !word.isEmpty {
        words.append(word)
        word = ""
      }
    }
    return word.isEmpty ? words : words + [word]
  }
}
