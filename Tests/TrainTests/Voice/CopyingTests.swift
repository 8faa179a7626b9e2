import Files
import TestSupport
import Tensor
import Testing

@testable import Train

@Suite("Copying from the training side")
struct CopyingTests {
  /// Run and containment by their definitions, over every pair of places.
  private static func naive(_ text: [String], from others: [[String]]) -> (run: Int, containment: Double) {
    func runs(_ words: [String], _ length: Int) -> Set<[String]> {
      words.count < length ? [] : Set((0...words.count - length).map { Array(words[$0..<$0 + length]) })
    }
    let longest = (1...max(1, text.count)).last { length in
      !runs(text, length).isDisjoint(with: others.reduce(into: Set()) { $0.formUnion(runs($1, length)) })
    }
    let own = runs(text, Copying.runLength)
    let shared = own.intersection(others.reduce(into: Set()) { $0.formUnion(runs($1, Copying.runLength)) })
    return (longest ?? 0, own.isEmpty ? 0 : Double(shared.count) / Double(own.count))
  }

  @Test("Run and containment are those that difflib and sets of runs find")
  func reference() throws {
    let reference = try JSONParser.parse(contentsOf: Fixtures.reference("statistics/voice.json"))
    let texts = try #require(reference["texts"]?.arrayValue).compactMap(\.stringValue)
    let rows = try #require(reference["copying"]?.arrayValue)
    #expect(rows.count == 3)
    for row in rows {
      let (left, right) = (try #require(row["left"]?.intValue), try #require(row["right"]?.intValue))
      let copying = CopyingIndex([texts[right]]).copying(in: texts[left])
      #expect(copying.longestRun.count == row["longest"]?.intValue)
      // The same quotient of whole numbers on both sides.
      #expect(copying.containment == row["containment"]?.doubleValue)
    }
  }

  @Test("Texts that repeat few words in every order are searched as exactly", arguments: 1...3)
  func repetition(vocabulary: Int) {
    var random = RandomSource(seed: UInt64(vocabulary), stream: "copying")
    func text(_ count: Int) -> [String] {
      (0..<count).map { _ in ["ka", "lo", "mi"][random.index(below: vocabulary)] }
    }
    for _ in 0..<20 {
      let others = (0..<3).map { _ in text(random.index(below: 40)) }
      let words = text(random.index(below: 40))
      let found = CopyingIndex(others.map { $0.joined(separator: " ") }).copying(
        in: words.joined(separator: " "))
      let expected = Self.naive(words, from: others)
      #expect(found.longestRun.count == expected.run && found.containment == expected.containment)
      let run = found.longestRun.joined(separator: " ")
      #expect(run.isEmpty || others.contains { $0.joined(separator: " ").contains(run) })
    }
  }

  @Test("A run does not go on from one text to the next, nor over a word that is in none")
  func borders() {
    let index = CopyingIndex(["one two three", "four five six"])
    #expect(index.copying(in: "two three four five six").longestRun == ["four", "five", "six"])
    #expect(index.copying(in: "one two seven three").longestRun == ["one", "two"])
    #expect(index.copying(in: "").longestRun.isEmpty && index.copying(in: "seven").containment == 0)
    #expect(CopyingIndex([]).copying(in: "one two").longestRun.isEmpty)
  }

  @Test("The limit is the 95th percentile of what held-out posts repeat, and never below the least")
  func limit() {
    let words = (0..<26 * 26).map { number -> String in
      let letters = [number / 26, number % 26].compactMap { UnicodeScalar(97 + $0) }
      return String(String.UnicodeScalarView(letters))
    }
    func run(_ count: Int, from start: Int = 0) -> String {
      words[start..<start + count].joined(separator: " ")
    }
    let index = CopyingIndex([run(300)])
    let least = CopyingLimit(heldOut: [], index: index)
    #expect(least.run == 25 && least.containment == 0.06)
    #expect(least == CopyingLimit(heldOut: [run(200, from: 400)], index: index))
    #expect(!least.flags(index.copying(in: run(24) + " " + run(376, from: 300))))
    #expect(least.flags(index.copying(in: run(25) + " " + run(375, from: 300))))
    // Ten runs of twelve words are 50 of 393 runs of eight.
    let mosaic = (0..<10).map { run(12, from: 20 * $0) + " " + run(28, from: 300 + 28 * $0) }
    #expect(least.flags(index.copying(in: mosaic.joined(separator: " "))))
    // Twenty posts that repeat 26 to 45 words each: the 95th percentile is at 0.95 · 19 from the first, 44.05.
    let repeating = (26...45).map { run($0) + " " + run(376, from: 300) }
    #expect(CopyingLimit(heldOut: repeating, index: index).run == 45)
    // A writer whose posts all repeat 60 words of a signature.
    let own = CopyingLimit(heldOut: [run(60), run(60)], index: index)
    #expect(own.run == 61 && own.containment == 1 && !own.flags(index.copying(in: run(60))))
    #expect(own.flags(index.copying(in: run(61))))
  }

  @Test("On the archive that comes with the package held-out posts are quiet and a planted copy is flagged")
  func archive() throws {
    let posts = try VoiceTexts.archive()
    let held = posts.indices.filter { $0 % 5 == 0 }
    let training = posts.indices.filter { $0 % 5 != 0 }
    let index = CopyingIndex(training.map { posts[$0] })
    // The limit is learned from half of what was held out, and tried on the other half.
    let limit = CopyingLimit(heldOut: held.filter { $0 % 10 == 0 }.map { posts[$0] }, index: index)
    for post in held where post % 10 != 0 {
      #expect(!limit.flags(index.copying(in: posts[post])))
      let source = TextUnits(posts[training[post % training.count]]).words
      let planted = posts[post] + " " + source.dropFirst(10).prefix(40).joined(separator: " ")
      let copying = index.copying(in: planted)
      #expect(limit.flags(copying) && copying.longestRun.count >= 40)
    }
  }
}
