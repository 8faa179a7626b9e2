/// Learns a byte-level BPE vocabulary from text.
///
/// Count words with ``count(_:)`` over the whole corpus, then call ``train()``. The most frequent pair of
/// adjacent tokens becomes a token, again and again, until the vocabulary has the size asked for.
///
/// The result is that of the `tokenizers` library's `BpeTrainer` with the full byte alphabet, merge for merge:
/// between pairs of equal count the one with the smaller left id wins, then the smaller right id. It depends on
/// nothing else, so the same words give the same vocabulary in whatever order they were counted.
///
/// - SeeAlso: Sennrich, Haddow and Birch, 2016 (arXiv:1508.07909).
public struct BPETrainer: Sendable {
  /// How many tokens there shall be and what they are made from.
  public struct Configuration: Sendable {
    /// The number of tokens to stop at, special tokens and the 256 bytes included.
    public var vocabularySize: Int
    /// A pair that occurs less often than this becomes no token.
    public var minimumFrequency: Int
    /// The tokens with a meaning of their own, which take the first ids in this order.
    public var specialTokens: [String]
    /// What cuts the text into words; no token reaches across two words.
    public var preTokenizer: PreTokenizer

    /// Collects the settings of a training.
    public init(
      vocabularySize: Int, minimumFrequency: Int = 2, specialTokens: [String] = ["<|endoftext|>"],
      preTokenizer: PreTokenizer = .smolLM2
    ) {
      self.vocabularySize = vocabularySize
      self.minimumFrequency = minimumFrequency
      self.specialTokens = specialTokens
      self.preTokenizer = preTokenizer
    }
  }

  /// The settings of this training.
  public let configuration: Configuration

  private var words = ByteStringTable(capacity: 1 << 16)
  private var wordCounts: [Int] = []

  /// Starts a training without any text.
  ///
  /// - Throws: ``BPETrainerError`` where the special tokens and the 256 bytes leave no room for merges, or
  ///   where two special tokens are the same, or one is empty or a single byte's token.
  public init(_ configuration: Configuration) throws(BPETrainerError) {
    var seen: Set<[UInt8]> = []
    for token in configuration.specialTokens {
      let isSpelledByte = ByteLevelAlphabet.bytes(spelledBy: token).map { $0.count < 2 } ?? false
      guard !isSpelledByte else { throw .unusableSpecialToken(token) }
      guard seen.insert(Array(token.utf8)).inserted else { throw .repeatedSpecialToken(token) }
    }
    let smallest = configuration.specialTokens.count + 256
    guard configuration.vocabularySize >= smallest else {
      throw .vocabularyTooSmall(size: configuration.vocabularySize, smallest: smallest)
    }
    self.configuration = configuration
  }

  /// Adds the words of `text` to the counts.
  ///
  /// A special token inside `text` is counted as the ordinary characters that it is made of.
  public mutating func count(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      configuration.preTokenizer.forEachWord(in: utf8) { word in
        let (number, isNew) = words.insert(word)
        if isNew { wordCounts.append(1) } else { wordCounts[number] += 1 }
      }
    }
  }

  /// Learns the merges and returns the vocabulary.
  ///
  /// It is smaller than asked for where the text has too few frequent pairs.
  public func train() -> TrainedVocabulary {
    var vocabulary = TrainedVocabulary(
      specialTokens: configuration.specialTokens, preTokenizer: configuration.preTokenizer)
    var pairs = PairCounter(words: words, counts: wordCounts, idOfByte: vocabulary.idOfByte)
    while vocabulary.count < configuration.vocabularySize,
      let pair = pairs.popMostFrequent(atLeast: max(1, configuration.minimumFrequency))
    {
      let merged = vocabulary.addMerge(of: pair.left, and: pair.right)
      pairs.merge(pair, into: merged)
    }
    return vocabulary
  }
}

/// Why a vocabulary cannot be trained with these settings.
public enum BPETrainerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The special tokens and the bytes alone need more tokens.
  case vocabularyTooSmall(size: Int, smallest: Int)
  /// The same special token twice.
  case repeatedSpecialToken(String)
  /// An empty special token, or one spelled as a byte is.
  case unusableSpecialToken(String)

  /// What was found, what was expected and what to do.
  public var description: String {
    switch self {
    case .vocabularyTooSmall(let size, let smallest):
      "found a vocabulary size of \(size); expected at least \(smallest), the 256 bytes and the special "
        + "tokens. Ask for a larger vocabulary."
    case .repeatedSpecialToken(let token):
      "found the special token \"\(token)\" twice; expected each once. Remove one of the two."
    case .unusableSpecialToken(let token):
      "found the special token \"\(token)\"; expected more than one character. Give it a longer name."
    }
  }
}
