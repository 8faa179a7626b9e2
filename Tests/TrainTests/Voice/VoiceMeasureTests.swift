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

  private func pair(_ row: JSONValue) throws -> (String, String) {
    (texts[try #require(row["left"]?.intValue)], texts[try #require(row["right"]?.intValue)])
  }

  private func integers(_ row: JSONValue, _ key: String) -> [Int] {
    row[key]?.arrayValue?.compactMap(\.intValue) ?? []
  }

  @Test("Burrows's and cosine delta are those of NumPy and SciPy")
  func delta() throws {
    let words = texts.map { TextUnits($0).words }
    let delta = WordDelta(reference: words, count: try #require(reference["delta"]?["count"]?.intValue))
    let pairs = try #require(reference["delta"]?["pairs"]?.arrayValue)
    #expect(pairs.count == 15 && delta.words.count == 12)
    for row in pairs {
      let (left, right) = try pair(row)
      close(delta.burrows(TextUnits(left).words, TextUnits(right).words), row["burrows"])
      close(delta.cosine(TextUnits(left).words, TextUnits(right).words), row["cosine"])
    }
    #expect(abs(delta.cosine(words[0], words[0])) <= Self.bound && delta.burrows(words[0], words[0]) == 0)
  }

  @Test("Jensen and Shannon's divergence is SciPy's, 0 for equal shares and 1 for none in common")
  func divergence() throws {
    for row in try rows("divergences") {
      func counts(_ key: String) -> [Int: Int] {
        Dictionary(uniqueKeysWithValues: integers(row, key).enumerated().map { ($0, $1) })
      }
      close(JensenShannon.divergence(counts("left"), counts("right")), row["divergence"])
    }
    #expect(JensenShannon.divergence(["a": 1, "b": 2], ["a": 2, "b": 4]) == 0)
    #expect(JensenShannon.divergence(["a": 1], ["b": 4]) == 1)
    #expect(JensenShannon.divergence([:], ["b": 4]) == nil)
  }

  @Test("The first Wasserstein distance is SciPy's")
  func wasserstein() throws {
    for row in try rows("distances") {
      close(Wasserstein.distance(integers(row, "left"), integers(row, "right")), row["distance"])
    }
    #expect(Wasserstein.distance([4, 4], [4]) == 0 && Wasserstein.distance([], [4]) == nil)
  }

  @Test("The distance in runs of four characters is scikit-learn's")
  func grams() throws {
    for row in try rows("grams") {
      let (left, right) = try pair(row)
      close(CharacterGrams.distance(left, right), row["distance"])
    }
    #expect(CharacterGrams.distance("abc", "abcd") == nil)
  }

  @Test("Copied runs are those that difflib and sets find; a planted copy is all of it")
  func copying() throws {
    for row in try rows("copying") {
      let (left, right) = try pair(row)
      let copying = Copying(TextUnits(left).words, from: [TextUnits(right).words])
      #expect(copying.longestRun == row["longest"]?.intValue)
      close(copying.containment, row["containment"])
    }
    let words = texts.map { TextUnits($0).words }
    let planted = Copying(Array(words[4].prefix(12)), from: words)
    #expect(planted == Copying(Array(words[4].prefix(12)), from: [words[4]]))
    #expect(planted.longestRun == 12 && planted.containment == 1)
    let short = Copying(["a"], from: [])
    #expect(short.longestRun == 0 && short.containment == 0)
  }

  @Test("The area under the curve is scikit-learn's, ties included")
  func area() throws {
    for row in try rows("areas") {
      func values(_ key: String) -> [Double] { row[key]?.arrayValue?.compactMap(\.doubleValue) ?? [] }
      close(VoiceScale.areaUnderCurve(same: values("same"), different: values("different")), row["area"])
    }
    #expect(VoiceScale.areaUnderCurve(same: [], different: [1]) == nil)
  }

  @Test("A score is 0 at the base, 1 at the writer's own halves, and none without a length between them")
  func scale() {
    #expect(VoiceScale.score(system: 3, base: 3, ownHalves: 1) == 0)
    #expect(VoiceScale.score(system: 1, base: 3, ownHalves: 1) == 1)
    #expect(VoiceScale.score(system: 4, base: 3, ownHalves: 1) == -0.5)
    #expect(VoiceScale.score(system: 1, base: 1, ownHalves: 1) == nil)
  }

  @Test("A text is cut into words, sentences and paragraphs, and its punctuation counted")
  func units() {
    let units = TextUnits("“Don’t,” she said. He didn't: 3.5 times!\n\n\nWell… then\nwhat?) No.\n \n---")
    #expect(
      units.words == ["don't", "she", "said", "he", "didn't", "times", "well", "then", "what", "no"])
    #expect(units.sentenceLengths == [3, 3, 1, 2, 1] && units.paragraphLengths == [6, 4])
    #expect(units.punctuation["."] == 3 && units.punctuation["-"] == 3 && units.punctuation["…"] == 1)
    #expect(TextUnits("").words.isEmpty && TextUnits("").sentenceLengths.isEmpty)
  }
}
