import Testing

@testable import Tokenizer

@Suite("Text, ids, text") struct RoundTripTests {
  @Test("decoding undoes encoding where nothing normalizes", arguments: ["gpt2", "llama3"])
  func roundTrip(name: String) throws {
    let encoder = try Fixture.tokenizer(name).makeEncoder()
    var random = SeededGenerator(seed: 1)
    for _ in 0..<500 {
      let text = random.text(upTo: 40)
      let ids = encoder.encode(text, addSpecialTokens: false)
      let decoded = encoder.tokenizer.decode(ids)
      #expect(Array(decoded.utf8) == Array(text.utf8), "\(text.debugDescription)")
    }
  }

  @Test("a very long word encodes and decodes")
  func longWord() throws {
    let tokenizer = try Fixture.tokenizer("gpt2")
    let word = String(repeating: "thequickand", count: 20_000)
    #expect(tokenizer.decode(tokenizer.encode(word)) == word)
  }

  @Test("streaming gives the whole text, and valid text without replacement characters")
  func streamingText() throws {
    let tokenizer = try Fixture.tokenizer("gpt2")
    var random = SeededGenerator(seed: 2)
    for _ in 0..<300 {
      let text = random.text(upTo: 30).filter { $0 != "\u{FFFD}" }
      var decoder = tokenizer.makeStreamingDecoder()
      var streamed = ""
      for id in tokenizer.encode(text) {
        let piece = decoder.push(id)
        #expect(!piece.unicodeScalars.contains("\u{FFFD}"))
        streamed += piece
      }
      #expect(decoder.finish() == "")
      #expect(Array(streamed.utf8) == Array(text.utf8))
    }
  }

  @Test("streaming any ids gives what decoding them at once gives")
  func streamingBytes() throws {
    let tokenizer = try Fixture.tokenizer("gpt2")
    // Lead and continuation bytes of every kind, so that most sequences are broken in some way.
    let bytes: [UInt8] = [
      0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4,
      0xF5, 0xFF,
    ]
    var random = SeededGenerator(seed: 3)
    for _ in 0..<3_000 {
      let ids = (0..<8).map { _ in tokenizer.model.idOfByte[Int(bytes.randomElement(using: &random) ?? 0)] }
      var decoder = tokenizer.makeStreamingDecoder()
      var streamed = ""
      for id in ids { streamed += decoder.push(id) }
      streamed += decoder.finish()
      #expect(streamed == tokenizer.decode(ids))
    }
  }

  @Test("a stream that stops inside a character ends in one replacement character")
  func unfinished() throws {
    let tokenizer = try Fixture.tokenizer("gpt2")
    var decoder = tokenizer.makeStreamingDecoder()
    #expect(decoder.push(tokenizer.model.idOfByte[0xE2]) == "")
    #expect(decoder.push(tokenizer.model.idOfByte[0x82]) == "")
    #expect(decoder.finish() == "\u{FFFD}")
    #expect(decoder.finish() == "")
  }

  @Test("special tokens are left out on request, ids without a token always")
  func skipping() throws {
    let tokenizer = try Fixture.tokenizer("llama3")
    let ids = tokenizer.encode("a<|eot_id|>b")
    #expect(tokenizer.decode(ids) == "<|begin_of_text|>a<|eot_id|>b")
    #expect(tokenizer.decode(ids, skipSpecialTokens: true) == "ab")
    #expect(tokenizer.decode([-1, Int32(tokenizer.vocabularySize), .max, .min]) == "")
  }
}
