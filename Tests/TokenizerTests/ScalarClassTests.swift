import Testing

@testable import Tokenizer

@Suite("ScalarClass") struct ScalarClassTests {
  // The counts of `tokenizers` 0.23.3, asked for every character: its regular expressions know Unicode 16.0
  // and its Digits step Unicode 17.0.
  @Test("every character has the class that the tokenizers library gives it")
  func counts() {
    var letters = 0
    var numbers = 0
    var whitespace = 0
    var digits = 0
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let found = Array(String(Character(scalar)).utf8).withUnsafeBufferPointer {
        ScalarClass.at(0, in: $0)
      }
      #expect(found.length == UTF8.width(scalar))
      if found.class.contains(.letter) { letters += 1 }
      if found.class.contains(.number) { numbers += 1 }
      if found.class.contains(.whitespace) { whitespace += 1 }
      if found.class.contains(.digit) { digits += 1 }
    }
    #expect(letters == 141_028)
    #expect(numbers == 1_911)
    #expect(whitespace == 25)
    #expect(digits == 1_924)
  }
}
