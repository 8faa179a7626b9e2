import Testing

@testable import Tokenizer

@Suite("PreTokenizer") struct PreTokenizerTests {
  struct Case: CustomTestStringConvertible {
    let name: String
    let preTokenizer: PreTokenizer
    let text: String
    let words: [String]
    var testDescription: String { "\(name): \(text.debugDescription)" }

    init(_ name: String, _ preTokenizer: PreTokenizer, _ text: String, _ words: [String]) {
      (self.name, self.preTokenizer, self.text, self.words) = (name, preTokenizer, text, words)
    }
  }

  static let cases = [
    // GPT-2: small contractions, one space to the word behind it, runs of one class.
    Case("gpt2", .gpt2, "Don't say it'S 12th", ["Don", "'t", " say", " it", "'", "S", " 12", "th"]),
    Case("gpt2", .gpt2, "a  b   \n", ["a", " ", " b", "   \n"]),
    Case("gpt2", .gpt2, "a\n b\u{A0}c", ["a", "\n", " b", "\u{A0}", "c"]),
    Case("gpt2", .gpt2, "x=-1... ", ["x", "=-", "1", "...", " "]),
    Case("gpt2", .gpt2, "'ve'r're'", ["'ve", "'", "r", "'re", "'"]),
    // SmolLM2: each digit alone, which also ends the spaces before it.
    Case("smollm2", .smolLM2, "in  1987", ["in", "  ", "1", "9", "8", "7"]),
    // Llama 3: any one character before a word, three digits, line breaks together.
    Case("llama3", .llama3, "DON'T (say) \"it\"", ["DON", "'T", " (", "say", ")", " \"", "it", "\""]),
    Case("llama3", .llama3, "12345 678", ["123", "45", " ", "678"]),
    Case("llama3", .llama3, "a \n\n b\r\n  c", ["a", " \n\n", " b", "\r\n", " ", " c"]),
    Case("llama3", .llama3, "end.\n\nNext;\r\n", ["end", ".\n\n", "Next", ";\r\n"]),
    Case("llama3", .llama3, "\tx\n\ty \u{3000}z", ["\tx", "\n", "\ty", " ", "\u{3000}z"]),
    Case("llama3", .llama3, "x'ſy 'Ll'vE'", ["x", "'ſ", "y", " '", "Ll", "'vE", "'"]),
    Case("llama3", .llama3, "   ", ["   "]),
    // Qwen 2: the same with single digits.
    Case("qwen2", .qwen2, "12 cats", ["1", "2", " cats"]),
  ]

  @Test("texts are cut as their pattern says", arguments: cases)
  func words(_ example: Case) {
    #expect(Self.words(of: example.text, by: example.preTokenizer) == example.words)
  }

  @Test("the words of any text, joined, are the text", arguments: PreTokenizerPattern.allCases)
  func coverage(pattern: PreTokenizerPattern) {
    let preTokenizer = PreTokenizer(steps: [.split(pattern)])
    var random = SeededGenerator(seed: 4)
    for _ in 0..<300 {
      let text = random.text(upTo: 30)
      let words = Self.words(of: text, by: preTokenizer)
      #expect(Array(words.joined().utf8) == Array(text.utf8))
      #expect(words.allSatisfy { !$0.isEmpty })
    }
  }

  @Test("a space is put before a text that has none")
  func prefixSpace() {
    let preTokenizer = PreTokenizer(steps: [.byteLevel(addsPrefixSpace: true, usesPattern: true)])
    #expect(Self.words(of: "a b", by: preTokenizer) == [" a", " b"])
    #expect(Self.words(of: " a", by: preTokenizer) == [" a"])
    #expect(Self.words(of: "\na", by: preTokenizer) == [" ", "\n", "a"])
    #expect(Self.words(of: "", by: preTokenizer) == [])
  }

  @Test("digits are cut apart, or from what is around them")
  func digits() {
    let single = PreTokenizer(steps: [.digits(individually: true)])
    #expect(Self.words(of: "ab12c½", by: single) == ["ab", "1", "2", "c", "½"])
    let runs = PreTokenizer(steps: [.digits(individually: false)])
    #expect(Self.words(of: "ab12c½", by: runs) == ["ab", "12", "c", "½"])
  }

  @Test("bytes that are no UTF-8 pass through and end inside the text")
  func malformed() {
    let bytes: [UInt8] = [0x61, 0xE2, 0x82, 0x20, 0xFF, 0xC3, 0x28, 0xF0, 0x9F]
    for pattern in PreTokenizerPattern.allCases {
      var joined: [UInt8] = []
      bytes.withUnsafeBufferPointer {
        PreTokenizer(steps: [.split(pattern)]).forEachWord(in: $0) { joined.append(contentsOf: $0) }
      }
      #expect(joined == bytes)
    }
  }

  private static func words(of text: String, by preTokenizer: PreTokenizer) -> [String] {
    var words: [String] = []
    var text = text
    text.withUTF8 { utf8 in
      preTokenizer.forEachWord(in: utf8) { words.append(String(decoding: $0, as: UTF8.self)) }
    }
    return words
  }
}
