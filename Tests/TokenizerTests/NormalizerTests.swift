import Foundation
import Testing

@testable import Tokenizer

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
