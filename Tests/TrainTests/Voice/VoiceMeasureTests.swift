import Files
import TestSupport
import Testing

@testable import Train

@Suite("The measures of voice")
struct VoiceMeasureTests {
  private let reference: JSONValue
  private let texts: [String]

  init() throws {
    reference = try JSONParser.parse(contentsOf: Fixtures.reference("statistics/voice.json"))
    texts = try #require(reference["texts"]?.arrayValue).compactMap(\.stringValue)
  }

  // Sums of fewer than a hundred terms below 32, each with a few roundings, on both sides.
  private static let bound = 32 * 100 * 0x1p-52

  private func rows(_ key: String) throws -> [JSONValue] { try #require(reference[key]?.arrayValue) }

  private func close(
    _ value: Double?, _ expected: JSONValue?, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let difference = abs((value ?? .nan) - (expected?.doubleValue ?? .nan))
    #expect(difference <= Self.bound, "\(String(describing: value))", sourceLocation: sourceLocation)
  }

  private func integers(_ row: JSONValue, _ key: String) -> [Int] {
    row[key]?.arrayValue?.compactMap(\.intValue) ?? []
  }

  /// How often each number from 0 to 99 is among some.
  private func histogram(_ values: [Int]) -> [Int32] {
    values.reduce(into: [Int32](repeating: 0, count: 100)) { $0[$1] += 1 }
  }

  @Test("Cosine delta is NumPy's and SciPy's, each writer weighing the same")
  func delta() throws {
    let reference = try #require(reference["delta"])
    let words = texts.map { TextUnits($0).words }
    let writers = reference["writers"]?.arrayValue?.map { $0.arrayValue?.compactMap(\.intValue) ?? [] } ?? []
    let frequent = WordDelta.frequentWords(writers.map { $0.map { words[$0] } }, count: 12)
    #expect(frequent == reference["words"]?.arrayValue?.compactMap(\.stringValue))
    let counted = words.map { text in
      (counts: frequent.map { word in Int32(text.count { $0 == word }) }, words: text.count)
    }
    let delta = WordDelta(writers: writers.map { $0.map { counted[$0] } })
    let pairs = try #require(reference["pairs"]?.arrayValue)
    #expect(pairs.count == 15)
    for row in pairs {
      let (left, right) = (try #require(row["left"]?.intValue), try #require(row["right"]?.intValue))
      close(delta.distance(counted[left], counted[right]), row["distance"])
    }
    let none = (counts: [Int32](repeating: 0, count: 12), words: 0)
    #expect(delta.distance(none, counted[0]) == nil && delta.distance(counted[0], none) == nil)
    // A lone text is its own mean, and tells nothing.
    #expect(WordDelta(writers: [[counted[0]]]).distance(counted[0], counted[1]) == nil)
    #expect(WordDelta.frequentWords([[["b", "a"]], [[]], []], count: 1) == ["a"])
  }

  @Test("Jensen and Shannon's divergence is SciPy's, 0 for equal shares and 1 for none in common")
  func divergence() throws {
    for row in try rows("divergences") {
      func counts(_ key: String) -> [Int32] { integers(row, key).map(Int32.init) }
      close(JensenShannon.divergence(counts("left"), counts("right")), row["divergence"])
    }
    #expect(JensenShannon.divergence([1, 2], [2, 4]) == 0)
    #expect(JensenShannon.divergence([1, 0], [0, 4]) == 1)
    #expect(JensenShannon.divergence([0, 0], [0, 4]) == nil)
  }

  @Test("The first Wasserstein distance is SciPy's")
  func wasserstein() throws {
    for row in try rows("distances") {
      let (left, right) = (histogram(integers(row, "left")), histogram(integers(row, "right")))
      close(Wasserstein.distance(left, right), row["distance"])
    }
    #expect(Wasserstein.distance([0, 2], [0, 1]) == 0 && Wasserstein.distance([0, 0], [0, 4]) == nil)
  }

  @Test("The distance in runs of four characters is scikit-learn's")
  func grams() throws {
    let texts = try rows("units").compactMap { $0["text"]?.stringValue }
    let grams = CharacterGrams(reference: texts, count: 50)
    #expect(grams.count == 50)
    for row in try rows("grams") {
      let pair = try ["left", "right"].map { grams.counts(in: texts[try #require(row[$0]?.intValue)]) }
      close(grams.distance(pair[0], pair[1]), row["distance"])
    }
    #expect(grams.distance(grams.counts(in: "abc"), grams.counts(in: texts[0])) == nil)
    // Case and the kind and number of spaces make no difference.
    #expect(grams.counts(in: "THE\n\t cafe") == grams.counts(in: "the cafe"))
  }

  @Test("The area under the curve is scikit-learn's, ties included")
  func area() throws {
    for row in try rows("areas") {
      func values(_ key: String) -> [Double] { row[key]?.arrayValue?.compactMap(\.doubleValue) ?? [] }
      close(AreaUnderCurve.ofDistance(same: values("same"), different: values("different")), row["area"])
    }
    #expect(AreaUnderCurve.ofDistance(same: [], different: [1]) == nil)
  }

  @Test("Words, sentences, paragraphs and marks are those that regular expressions find")
  func unitsOfProse() throws {
    for row in try rows("units") {
      let units = TextUnits(try #require(row["text"]?.stringValue))
      #expect(units.words == row["words"]?.arrayValue?.compactMap(\.stringValue))
      #expect(units.sentenceLengths == integers(row, "sentences"))
      #expect(units.paragraphLengths == integers(row, "paragraphs"))
      #expect(units.punctuation == integers(row, "marks"))
    }
  }

  @Test("Line ends of any kind, numbers, stray apostrophes and decomposed letters are read as a reader would")
  func units() {
    let units = TextUnits(
      "“Don’t,” she said. He didn't: 3.5 times!\r\n\r\n\r\nWell… then\nwhat?) No.\n \n---")
    #expect(
      units.words == ["don't", "she", "said", "he", "didn't", "times", "well", "then", "what", "no"])
    #expect(units.sentenceLengths == [3, 3, 1, 2, 1] && units.paragraphLengths == [6, 4])
    #expect(TextUnits("'tis the dogs' own ''day''").words == ["tis", "the", "dogs", "own", "day"])
    #expect(TextUnits("CAFE\u{301} É").words == ["café", "é"])
    #expect(TextUnits("").words.isEmpty && TextUnits("").sentenceLengths.isEmpty)
  }
}
