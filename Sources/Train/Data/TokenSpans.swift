/// Where tokens lie in the text that they are of.
enum TokenSpans {
  /// The UTF-8 bytes of `text` that each of its tokens stands for, in order; empty for a token that stands for none
  /// of them, such as one that a tokenizer puts before every text.
  static func ranges(
    of tokens: some Collection<Int32>, in text: String, tokenizer: any TokenCoder
  ) -> [Range<Int>] {
    var ends: [Int] = []
    var decoded: [UInt8] = []
    for token in tokens {
      decoded += tokenizer.bytes(ofID: token)
      ends.append(decoded.count)
    }
    let place = places(of: decoded, in: Array(text.utf8))
    return zip([0] + ends, ends).map { place($0)..<place($1) }
  }

  /// The place in `text` of each place in `decoded`: the same, but for special tokens and where a tokenizer
  /// normalises the text. What only `decoded` has is nowhere: it ends where it starts.
  private static func places(of decoded: [UInt8], in text: [UInt8]) -> (Int) -> Int {
    if decoded == text { return { $0 } }
    var places: [Int] = []
    places.reserveCapacity(decoded.count + 1)
    var next = 0
    for change in ShortestEdit.changes(from: decoded.map(Int.init), to: text.map(Int.init)) {
      while places.count < change.cut.lowerBound {
        places.append(next)
        next += 1
      }
      for _ in change.cut { places.append(change.added.lowerBound) }
      next = change.added.upperBound
    }
    while places.count <= decoded.count {
      places.append(min(next, text.count))
      next += 1
    }
    return { places[$0] }
  }
}
