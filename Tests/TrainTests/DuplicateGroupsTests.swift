import Tensor
import Testing

@testable import Train

@Suite("Duplicates")
struct DuplicateGroupsTests {
  private func groups(_ documents: [[String]]) -> DuplicateGroups {
    DuplicateGroups(documents.map(DocumentTexts.init))
  }

  private func words(_ numbers: some Sequence<Int>) -> String {
    numbers.map { "w\($0)" }.joined(separator: " ")
  }

  @Test("Shingles are the different runs of five words without case and punctuation")
  func shingles() {
    let text = Shingles("One two, three — four “five” SIX seven. One two three four five!")
    // 12 words have 8 runs, of which the first comes again at the end.
    #expect(text.count == 7)
    #expect(text.overlap(with: Shingles("one two three four five")) == 1)
    #expect(Shingles("don't").hashes == Shingles("don’t").hashes)
    #expect(Shingles("été").hashes != Shingles("ete").hashes)
    #expect(Shingles("one two").hashes == Shingles("One  two!").hashes)
  }

  @Test("Case and white space make no difference to an exact duplicate, punctuation does")
  func exact() {
    let text = words(0..<12)
    let found = groups([["\(text)."], ["other words"], [" \(text.uppercased())\n. "], [" \(text). "], [text]])
    #expect(found.representatives == [0, 1, 0, 0, 0])
    #expect(found.exactCount == 1)
    #expect(found.nearCount == 2)
    #expect(found.count == 2)
  }

  @Test("The threshold is a Jaccard index of 0.7, and it is included")
  func threshold() {
    // 24 words have 20 runs, of which their first 18 words have 14.
    #expect(groups([[words(0..<24)], [words(0..<18)]]).representatives == [0, 0])
    // 13 of 20 are 0.65.
    #expect(groups([[words(0..<24)], [words(0..<17)]]).representatives == [0, 1])
  }

  @Test("Nearness is carried on, to the first document of all")
  func transitive() {
    let found = groups([[words(0..<40)], [words(100..<120)], [words(10..<50)], [words(5..<45)]])
    #expect(found.representatives == [0, 1, 0, 0])
    #expect(found.nearCount == 2)
  }

  @Test("A text of fewer than eight runs has exact duplicates only")
  func short() {
    #expect(groups([[words(0..<11)], [words(0..<11) + "!"], [words(0..<11)]]).representatives == [0, 1, 0])
    #expect(groups([[words(0..<12)], [words(0..<12) + "!"]]).representatives == [0, 0])
  }

  @Test("Rows of one long instruction are not duplicates for it, nor for a short answer")
  func completions() {
    func row(_ prompt: String, _ completion: String) -> ArchiveRow {
      let content = ArchiveRow.Content.completion(prompt: prompt, completion: completion)
      return ArchiveRow(file: "a.jsonl", line: 1, id: nil, date: nil, content: content)
    }
    let instruction = words(0..<200)
    let rows = [
      row(instruction + " first", "yes"), row(instruction + " second", "yes"),
      row(instruction, words(300..<320)), row("another", words(300..<321)),
      row(instruction + " first", "Yes"),
    ]
    #expect(DuplicateGroups(rows.map(\.documentTexts)).representatives == [0, 1, 2, 2, 0])
  }

  @Test("An edit is found by either of its sides")
  func edits() {
    let edit = [words(0..<30), words(50..<80)]
    #expect(groups([edit, [words(50..<80)], [words(0..<30)]]).representatives == [0, 0, 0])
    #expect(groups([["same", "same"], ["other"]]).exactCount == 0)
  }

  @Test("Looking up the rarest shingles finds what comparing all pairs finds", arguments: 0..<8)
  func bruteForce(seed: UInt64) {
    var random = RandomSource(seed: seed, stream: "test")
    // Few sources and a footer on every text: many pairs on both sides of the threshold.
    let documents = (0..<60).map { _ -> [String] in
      let source = 1000 * random.index(below: 9)
      var numbers = (0..<20 + random.index(below: 30)).map { source + $0 }
      for _ in 0..<random.index(below: 4) {
        numbers[random.index(below: numbers.count)] = random.index(below: 1 << 30)
      }
      return [words(numbers + Array(20_000..<20_012))]
    }
    let sets = documents.map { document -> Set<[Substring]> in
      let list = document[0].split(separator: " ")
      return Set((0...(list.count - 5)).map { Array(list[$0..<$0 + 5]) })
    }
    var expected = Array(documents.indices)
    for a in documents.indices {
      for b in 0..<a where expected[a] != expected[b] {
        if 10 * sets[a].intersection(sets[b]).count >= 7 * sets[a].union(sets[b]).count {
          let (low, high) = (min(expected[a], expected[b]), max(expected[a], expected[b]))
          expected = expected.map { $0 == high ? low : $0 }
        }
      }
    }
    let found = groups(documents).representatives
    #expect(found == expected)
    #expect(Set(found).count > 9 && Set(found).count < 60)  // some are near, some are not
  }
}
