import Testing

@testable import Tokenizer

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
