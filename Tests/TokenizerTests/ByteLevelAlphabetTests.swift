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
