import Foundation
import Testing

@testable import Tokenizer

@Suite("ByteLevelAlphabet") struct ByteLevelAlphabetTests {
  @Test("every byte has a spelling of its own that gives it back")
  func bijection() {
    #expect(Set(ByteLevelAlphabet.scalars).count == 256)
    for byte in UInt8.min...UInt8.max {
      #expect(ByteLevelAlphabet.bytes(spelledBy: ByteLevelAlphabet.spelling(of: [byte])) == [byte])
    }
  }

  @Test("spaces, line breaks and the last unprintable byte are spelled as in GPT-2")
  func spelling() {
    #expect(ByteLevelAlphabet.spelling(of: Array(" a\n".utf8) + [0xAD]) == "ĠaĊŃ")
    #expect(ByteLevelAlphabet.bytes(spelledBy: "a b") == nil)
    #expect(ByteLevelAlphabet.bytes(spelledBy: "▁a") == nil)
  }
}

@Suite("ByteStringTable") struct ByteStringTableTests {
  @Test("strings keep the number of their first insertion, through growth and removal")
  func numbers() {
    var table = ByteStringTable(capacity: 1)
    // Lengths 0 to 19 cross the eight-byte steps of the hash.
    let strings = (0..<2_000).map { number in
      [UInt8(number % 256), UInt8(number / 256)] + [UInt8](repeating: 7, count: number % 19)
    }
    for round in 0..<2 {
      for (number, string) in strings.enumerated() {
        let inserted = string.withUnsafeBufferPointer { table.insert($0) }
        #expect(inserted.number == number)
        #expect(inserted.isNew == (round == 0))
      }
    }
    #expect(table.count == 2_000)
    #expect(Array(table[1_999]) == strings[1_999])
    #expect(([] as [UInt8]).withUnsafeBufferPointer { table.number(of: $0) } == nil)
    table.removeAll()
    #expect(strings[5].withUnsafeBufferPointer { table.number(of: $0) } == nil)
    #expect(strings[5].withUnsafeBufferPointer { table.insert($0).number } == 0)
  }
}

@Suite("WordCache") struct WordCacheTests {
  @Test("a word has its own ids at first, again, and after the cache has started over")
  func limit() {
    var cache = WordCache()
    var computed = 0
    for number in Int32(0)..<Int32(WordCache.wordLimit) + 5 {
      // Words of 1 to 5 digits, with as many ids.
      let word = Array(String(number).utf8)
      let expected = [Int32](repeating: number, count: word.count)
      var ids: [Int32] = [-1]
      for _ in 0..<2 {
        word.withUnsafeBufferPointer {
          cache.appendIDs(ofWord: $0, to: &ids) {
            computed += 1
            $0 += expected
          }
        }
      }
      guard ids == [-1] + expected + expected else {
        Issue.record("word \(number) gave \(ids)")
        return
      }
    }
    // Each word once, and once more the one that filled the cache.
    #expect(computed == WordCache.wordLimit + 6)
  }

  @Test("a word beyond the longest is computed every time")
  func longWord() {
    var cache = WordCache()
    var computed = 0
    let word = [UInt8](repeating: 7, count: WordCache.longestWord + 1)
    for _ in 0..<2 {
      var ids: [Int32] = []
      word.withUnsafeBufferPointer {
        cache.appendIDs(ofWord: $0, to: &ids) {
          computed += 1
          $0.append(1)
        }
      }
      #expect(ids == [1])
    }
    #expect(computed == 2)
  }
}

@Suite("BinaryHeap") struct BinaryHeapTests {
  @Test("elements come out in order, however they went in")
  func order() {
    var random = SeededGenerator(seed: 5)
    for count in 0..<40 {
      let elements = (0..<count).map { _ in Int.random(in: 0..<20, using: &random) }
      var heap = BinaryHeap<Int>()
      for element in elements { heap.push(element) }
      var popped: [Int] = []
      while let element = heap.pop() { popped.append(element) }
      #expect(popped == elements.sorted())
    }
  }
}

@Suite("Normalizer") struct NormalizerTests {
  @Test("the ranges that are passed over need no normalization")
  func inertRanges() {
    for value in [Array(0x80...0x2FF), Normalizer.inertRanges.flatMap(Array.init)].joined() {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = String(Character(scalar))
      #expect(text.precomposedStringWithCanonicalMapping.utf8.elementsEqual(text.utf8))
      #expect(scalar.properties.canonicalCombiningClass == .notReordered)
      // Only marks and the later parts of Hangul syllables compose with what is before them.
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark: Issue.record("U+\(String(value, radix: 16))")
      default: break
      }
    }
  }

  @Test(
    "characters compose and are put in order",
    arguments: [
      ("e\u{301}", "\u{E9}"), ("a\u{307}\u{323}", "\u{1EA1}\u{307}"), ("\u{212B}", "\u{C5}"),
      ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"), ("\u{AC00}\u{11A8}", "\u{AC01}"),
      ("\u{958}", "\u{915}\u{93C}"),
    ])
  func composition(text: String, composed: String) {
    #expect(Normalizer.nfc.normalize(Array(text.utf8)) == Array(composed.utf8))
    #expect(Normalizer.none.normalize(Array(text.utf8)) == Array(text.utf8))
  }
}

@Suite("AddedTokenMatcher") struct AddedTokenMatcherTests {
  static func token(
    _ content: String, id: Int32, single: Bool = false, left: Bool = false, right: Bool = false
  ) -> AddedToken {
    AddedToken(
      id: id, content: content, isSpecial: true, isSingleWord: single, stripsLeft: left, stripsRight: right,
      isNormalized: false)
  }

  /// The pieces of `text` with the ids of found tokens in angle brackets.
  static func pieces(of text: String, by tokens: [AddedToken]) -> [String] {
    let matcher = AddedTokenMatcher(tokens.map { (Array($0.content.utf8), $0) })
    let bytes = Array(text.utf8)
    var pieces: [String] = []
    bytes.withUnsafeBufferPointer {
      matcher.forEachPiece(of: $0) {
        switch $0 {
        case .token(let id): pieces.append("<\(id)>")
        case .text(let range): pieces.append(String(decoding: bytes[range], as: UTF8.self))
        }
      }
    }
    return pieces
  }

  @Test("the leftmost and then the longest token is found")
  func longest() {
    let tokens = [Self.token("ab", id: 1), Self.token("abc", id: 2), Self.token("bcd", id: 3)]
    #expect(Self.pieces(of: "xabcdbcdab", by: tokens) == ["x", "<2>", "d", "<3>", "<1>"])
    #expect(Self.pieces(of: "", by: tokens) == [])
    #expect(Self.pieces(of: "a", by: tokens) == ["a"])
  }

  @Test("a single word touches no letter, digit, mark or underscore")
  func singleWord() {
    let tokens = [Self.token("ab", id: 1, single: true)]
    #expect(Self.pieces(of: "ab-ab", by: tokens) == ["<1>", "-", "<1>"])
    for text in ["xab", "abx", "éab", "ab\u{301}", "_ab", "ab9", "ab\u{200D}"] {
      #expect(Self.pieces(of: text, by: tokens) == [text])
    }
  }

  @Test("stripping takes all whitespace of that side, once")
  func stripping() {
    let tokens = [Self.token("[l]", id: 1, left: true), Self.token("[r]", id: 2, right: true)]
    #expect(Self.pieces(of: "a \u{3000}[l] b", by: tokens) == ["a", "<1>", " b"])
    #expect(Self.pieces(of: "a [r]\n\u{A0} b", by: tokens) == ["a ", "<2>", "b"])
    #expect(Self.pieces(of: "[r]  [l]", by: tokens) == ["<2>", "<1>"])
  }
}
