import Testing

@testable import Tokenizer

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
