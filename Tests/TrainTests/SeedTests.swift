import Testing

@testable import Train

@Suite("Seed and prompt layout")
struct SeedTests {
  @Test("A full seed is four lines and an empty one")
  func fullSeed() {
    let seed = Seed(
      topic: "a kettle that stopped whistling", angle: "noise is information", length: 260, kind: "note")
    #expect(
      PromptLayout.prompt(for: seed) == """
        topic: a kettle that stopped whistling
        angle: noise is information
        length: 260 words
        kind: note


        """)
  }

  @Test("Absent parts leave no line, and an empty seed no prompt")
  func absentParts() {
    #expect(PromptLayout.prompt(for: Seed(angle: "heat", kind: " \n")) == "angle: heat\n\n")
    #expect(PromptLayout.prompt(for: Seed(topic: "", length: 0)) == "")
  }

  @Test("Line breaks in a part become spaces")
  func flattened() {
    #expect(Seed(topic: " two\r\nlines \t here ").topic == "two lines here")
  }

  @Test("A piece is its title, an empty line and its text without outer white space")
  func piece() {
    #expect(PromptLayout.piece(title: "Kettle", text: "\n A.\n\nB. \n") == "# Kettle\n\nA.\n\nB.")
    #expect(PromptLayout.piece(title: nil, text: " A.") == "A.")
  }

  @Test(
    "A derived length is the word count rounded to 10, at least 10",
    arguments: [(1, 10), (14, 10), (15, 20), (254, 250), (255, 260)])
  func derivedLength(words: Int, length: Int) {
    let text = Array(repeating: "word", count: words).joined(separator: " \n")
    #expect(
      Seed.derived(title: "T", kind: "note", text: text) == Seed(topic: "T", length: length, kind: "note"))
  }
}
