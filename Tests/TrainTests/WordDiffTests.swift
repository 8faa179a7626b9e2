import Testing

@testable import Train

@Suite("Word diffs") struct WordDiffTests {
  /// The most elements that two lists have in common in order, by the textbook's table.
  private func longestCommon(_ old: [Int], _ new: [Int]) -> Int {
    var table = Array(repeating: Array(repeating: 0, count: new.count + 1), count: old.count + 1)
    for i in old.indices {
      for j in new.indices {
        table[i + 1][j + 1] = old[i] == new[j] ? table[i][j] + 1 : max(table[i][j + 1], table[i + 1][j])
      }
    }
    return table[old.count][new.count]
  }

  @Test("Every edit turns the draft into the final and keeps as much as any could", arguments: 0..<400)
  func shortest(seed: UInt64) {
    var random = CountedRandom(state: seed)
    // Few different words make many ways to align them; lengths of 0 and 1 are the edges.
    let letters = 1 + Int.random(in: 0..<6, using: &random)
    let old = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
      Int.random(in: 0..<letters, using: &random)
    }
    let new = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
      Int.random(in: 0..<letters, using: &random)
    }
    let changes = ShortestEdit.changes(from: old, to: new)
    var rebuilt: [Int] = []
    var (x, y) = (0, 0)
    for change in changes {
      // Something changes, after a kept run as long on both sides.
      #expect(!change.cut.isEmpty || !change.added.isEmpty)
      #expect(change.cut.lowerBound - x == change.added.lowerBound - y)
      #expect(change.cut.lowerBound > x || (x == 0 && y == 0))
      rebuilt += old[x..<change.cut.lowerBound] + new[change.added]
      (x, y) = (change.cut.upperBound, change.added.upperBound)
    }
    rebuilt += old[x...]
    #expect(rebuilt == new)
    #expect(old.count - changes.reduce(0) { $0 + $1.cut.count } == longestCommon(old, new))
  }

  @Test("What was cut and added is told, and line breaks do not matter")
  func texts() {
    let diff = WordDiff(
      draft: "The lamp was really quite old.\n\nIt flickered.", final: "The lamp was old. It flickered twice."
    )
    #expect(diff.changes.map(diff.cutText) == ["really quite", "flickered."])
    #expect(diff.changes.map(diff.addedText) == ["", "flickered twice."])
    #expect(diff.keptCount == 5 && diff.cutCount == 3 && diff.addedCount == 2)
    // Five kept of the draft's eight words, the longer of the two.
    #expect(diff.editRate == 0.375)
  }

  @Test(
    "The edit rate is 0 for the same words, 1 for all other ones and for none left, and the same either way")
  func rates() {
    #expect(WordDiff(draft: "a b", final: " a\tb\r\n").editRate == 0)
    #expect(WordDiff(draft: "a b", final: "c").editRate == 1)
    #expect(WordDiff(draft: "a b", final: " ").editRate == 1)
    #expect(WordDiff(draft: "", final: "").editRate == 0)
    #expect(
      WordDiff(draft: "a b c", final: "a c d e").editRate
        == WordDiff(draft: "a c d e", final: "a b c").editRate)
    // Two spellings that Unicode calls equivalent are different bytes, hence an edit.
    #expect(WordDiff(draft: "caf\u{E9}", final: "cafe\u{301}").editRate == 1)
  }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): numbers that are the same in every run.
private struct CountedRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
