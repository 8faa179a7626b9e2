import Files
import Testing

@testable import Train

@Suite("Split by document")
struct DocumentSplitTests {
  private func split(
    _ texts: [String], eligible: [Int]? = nil, trained: [Int] = [], _ fraction: Double
  ) throws -> DocumentSplit {
    let documents = texts.map { DocumentTexts([$0]) }
    return try DocumentSplit(
      documents, groups: DuplicateGroups(documents), eligible: eligible ?? Array(texts.indices),
      trained: trained, validFraction: fraction)
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
    #expect(throws: ArchiveError.tooSmallToHoldOut(documents: 3, needed: 4, trained: 0)) {
      try split(texts(0..<9), eligible: [0, 3, 8], 0.15)
    }
  }

  @Test("What was trained on before stays on that side, with its copies")
  func trainedBefore() throws {
    let documents = texts(0..<20) + texts(0..<20)
    let fresh = try split(documents, 0.4)
    let first = try #require(fresh.heldOut.first { $0 < 20 })
    let found = try split(documents, trained: [first + 20], 0.4)
    #expect(found.heldOut == fresh.heldOut.filter { $0 % 20 != first })
    #expect(Set(found.training) == Set(fresh.training + [first, first + 20]))
    // All that is new may be held out, where what was trained on before is enough to train on.
    #expect(try split(texts(0..<9), trained: Array(0..<6), 0.99).heldOut == [6, 7, 8])
    let error = #expect(throws: ArchiveError.self) { try split(texts(0..<9), trained: Array(0..<8), 0.15) }
    #expect(
      error?.description
        == "found 1 different document in the archive that the adapter to begin with was not trained on, beside 8 that "
        + "it was; expected at least 2, so that two can be held out. Collect more, or pass --valid-fraction 0 to train "
        + "without a verdict.")
  }

  @Test("The largest overlap is the share of a held-out text that one text to train on has")
  func overlap() {
    func words(_ numbers: Range<Int>) -> String { numbers.map { "w\($0)" }.joined(separator: " ") }
    // Of the 16 runs of the first, document 2 has 8 and document 3 has 6, all the same; of the 26 runs
    // of the second, document 4 has 10. The last is all in document 2, but too short to count.
    let texts = [
      words(0..<20), words(100..<130), words(8..<60), words(10..<20) + " x " + words(0..<4),
      words(116..<200), words(30..<40),
    ]
    let documents = texts.map { DocumentTexts([$0]) }
    func largest(_ training: [Int]) -> SplitOverlap? {
      SplitOverlap.largest(documents, split: DocumentSplit(heldOut: [0, 1, 5], training: training))
    }
    #expect(largest([3, 2, 4]) == SplitOverlap(heldOut: 0, training: 2, share: 0.5))
    #expect(largest([3, 4]) == SplitOverlap(heldOut: 1, training: 4, share: 10.0 / 26))
    #expect(largest([3]) == SplitOverlap(heldOut: 0, training: 3, share: 0.375))
    #expect(largest([]) == nil)
  }
}
