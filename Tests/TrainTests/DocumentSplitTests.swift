import Files
import Testing

@testable import Train

@Suite("Split by document")
struct DocumentSplitTests {
  private func split(_ texts: [String], eligible: [Int]? = nil, _ fraction: Double) throws -> DocumentSplit {
    let documents = texts.map { DocumentTexts([$0]) }
    return try DocumentSplit(
      documents, groups: DuplicateGroups(documents), eligible: eligible ?? Array(texts.indices),
      validFraction: fraction)
  }

  /// Texts that share no run of words.
  private func texts(_ range: Range<Int>) -> [String] {
    range.map { number in (0..<12).map { "w\(number)x\($0)" }.joined(separator: " ") }
  }

  @Test("A document is held out when its hash, read as a fraction, is below the one wanted")
  func hash() throws {
    let texts = texts(0..<200)
    let expected = texts.indices.filter { index in
      let digits = Fingerprint(of: Array(texts[index].utf8)).hex.prefix(8)
      return Double(UInt32(digits, radix: 16) ?? 0) / 0x1p32 < 0.15
    }
    let found = try split(texts, 0.15)
    #expect(found.heldOut == expected)
    // Binomial(200, 0.15): mean 30, standard deviation 5.05; four of them either way.
    #expect((10...50).contains(expected.count))
    #expect(Set(found.heldOut).union(found.training) == Set(texts.indices))
    #expect(found.heldOut.count + found.training.count == texts.count)
  }

  @Test("Rows added at the end move no document, near copies of one included")
  func stable() throws {
    let before = try split(texts(0..<60), 0.2)
    let after = try split(texts(0..<120) + texts(0..<60).map { $0.uppercased() + "!" }, 0.2)
    #expect(after.heldOut.filter { $0 < 60 } == before.heldOut)
    #expect(after.heldOut.filter { $0 >= 120 }.map { $0 - 120 } == before.heldOut)
  }

  @Test("Two documents are held out and two kept, whatever the fraction", arguments: [1e-9, 0.999999999])
  func atLeastTwo(fraction: Double) throws {
    let found = try split(texts(0..<4), fraction)
    #expect(found.heldOut.count == 2 && found.training.count == 2)
  }

  @Test("No fraction, nothing held out")
  func none() throws {
    #expect(try split(texts(0..<1), 0) == split(texts(0..<2), eligible: [0], 0))
    #expect(try split(texts(0..<3), 0).training == [0, 1, 2])
  }

  @Test("Too few different documents say how many are needed, copies not counted")
  func tooFew() {
    let error = #expect(throws: ArchiveError.self) { try split(texts(0..<3) + texts(0..<3), 0.15) }
    #expect(
      error?.description
        == "found 3 different documents in the archive; expected at least 4, so that two can be held out. "
        + "Collect more, or pass --valid-fraction 0 to train without a verdict.")
    #expect(throws: ArchiveError.tooSmallToHoldOut(documents: 3, needed: 4)) {
      try split(texts(0..<9), eligible: [0, 3, 8], 0.15)
    }
  }

  @Test("The largest overlap is the share of a held-out text that one text to train on has")
  func overlap() throws {
    func words(_ numbers: Range<Int>) -> String { numbers.map { "w\($0)" }.joined(separator: " ") }
    // The second shares runs with the first, the third is part of the fourth, the last too short to count.
    let texts = [
      words(0..<20), words(8..<40), words(60..<74), words(50..<90), words(100..<120), words(0..<10),
    ]
    let documents = texts.map { DocumentTexts([$0]) }
    let groups = DuplicateGroups(documents)
    #expect(groups.count == 6)
    for fraction in [0.2, 0.4, 0.6] {
      let split = try DocumentSplit(
        documents, groups: groups, eligible: Array(texts.indices), validFraction: fraction)
      let runs = texts.map { text -> Set<[Substring]> in
        let words = text.split(separator: " ")
        return Set((0...words.count - 5).map { Array(words[$0..<$0 + 5]) })
      }
      let shares = split.heldOut.filter { runs[$0].count >= 8 }.flatMap { held in
        split.training.map { Double(runs[held].intersection(runs[$0]).count) / Double(runs[held].count) }
      }
      #expect(SplitOverlap.largest(documents, split: split)?.share ?? 0 == shares.max() ?? 0)
    }
  }
}
