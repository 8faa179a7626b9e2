import TestSupport
import Testing
import Train

@testable import Ghost

@Suite("Seed files") struct SeedFileTests {
  static let full = SeedInput(topic: "a kettle", angle: "noise is information", length: 260, kind: "note")

  @Test(
    "YAML and JSON give the same seed",
    arguments: [
      "topic: a kettle\nangle: noise is information\nlength: 260\nkind: note\n",
      "{\"topic\": \"a kettle\", \"angle\": \"noise is information\", \"length\": 260, \"kind\": \"note\"}",
      "\u{FEFF}\n {\"kind\": \"note\",\n\"length\": 260.0, \"angle\": \"noise is information\", \"topic\": \"a kettle\"}",
      "# what to write\nkind: \"note\"\nlength: \"260\"\nangle: >\n  noise is\n  information\ntopic: 'a kettle'",
    ])
  func bothFormats(text: String) throws {
    let seed = try SeedFile.parse(Array(text.utf8), file: "s").seed()
    #expect(try seed == Self.full.seed())
  }

  @Test("A JSON escape beyond the basic plane is one character")
  func surrogates() throws {
    #expect(try SeedFile.parse(Array(#"{"topic": "\ud83e\udeb4"}"#.utf8), file: "s").topic == "🪴")
  }

  @Test("Null and missing keys are absent, and flags win over the file")
  func merging() throws {
    let file = try SeedFile.parse(Array("topic: a lamp\nangle: null\nlength: 90".utf8), file: "s")
    #expect(file == SeedInput(topic: "a lamp", length: 90))
    let flags = SeedInput(topic: "a kettle", kind: "note")
    #expect(flags.completed(by: file) == SeedInput(topic: "a kettle", length: 90, kind: "note"))
    #expect(try SeedFile.parse([], file: "s") == SeedInput())
  }

  @Test(
    "An error names file, line, what was found and what to do",
    arguments: [
      (
        "topic: a\nlenght: 3\n",
        "s:2: found the key \"lenght\"; expected topic, angle, length or kind. Rename or remove it."
      ),
      (
        "topic: a\nlength: long\n",
        "s:2: length: found long; expected a whole number of words from 1. Correct it or leave it out."
      ),
      (
        "length: -5",
        "s:1: length: found -5; expected a whole number of words from 1. Correct it or leave it out."
      ),
      (
        "length: 99999999999999999999",
        "s:1: length: found 99999999999999999999; expected a whole number of words from 1."
          + " Correct it or leave it out."
      ),
      ("\n\ntopic: [a, b]", "s:3: topic: found a list; expected text. Write it on one line."),
      (
        "- a\n- b",
        "s:1: found a list; expected keys with values, such as topic: a kettle. Write one key a line."
      ),
      (
        "a kettle",
        "s:1: found a text; expected keys with values, such as topic: a kettle. Write one key a line."
      ),
      ("topic: a\ntopic: b", "s:1: found the key \"topic\" twice; expected YAML or JSON. Correct it there."),
      (
        "topic: a\nangle: \"b",
        "s:2: found a place where \"found unexpected end of stream\"; expected YAML or JSON. Correct it there."
      ),
      (
        "{\"topic\": \"length\",\n \"length\": 2.5}",
        "s:2: length: found 2.5; expected a whole number of words from 1. Correct it or leave it out."
      ),
      (
        "{\"topic\": \"a\",\n\n \"kind\": [1]}",
        "s:3: kind: found a list; expected text. Write it on one line."
      ),
      (
        "{\"topic\": \"a\"",
        "s:1:14: found the end of the text; expected \",\" or \"}\". The text is cut short: write or fetch it again."
      ),
    ])
  func errors(text: String, message: String) {
    #expect(throwing { _ = try SeedFile.parse(Array(text.utf8), file: "s") } == message)
  }

  @Test("A byte that is not UTF-8 is named with its line")
  func invalidUTF8() {
    let message = throwing { _ = try SeedFile.parse(Array("topic: a\nkind: ".utf8) + [0xFF], file: "s") }
    #expect(message == "s:2: found a byte that is not UTF-8; expected YAML or JSON. Correct it there.")
  }

  @Test("A file that is far too large is refused unread")
  func tooLarge() throws {
    let folder = try TemporaryFolder()
    let path = try folder.put(String(repeating: "a", count: SeedFile.byteLimit + 1), as: "seed.yaml")
    #expect(
      throwing { _ = try SeedFile.read(path) }
        == "\(path): found 65537 bytes; expected a seed of at most 65536. Name the right file.")
  }

  @Test(
    "A seed without use is refused with what to give",
    arguments: [
      (
        SeedInput(topic: " \n"),
        "the seed: found no part of it; expected at least one of topic, angle, length and kind."
          + " Give --topic \"…\" or --seed-file FILE."
      ),
      (
        SeedInput(topic: "a", length: 0),
        "length: found 0; expected a whole number of words from 1. Correct it or leave it out."
      ),
      (
        SeedInput(topic: "a", angle: "\u{1B}[2J"),
        "angle: found the control character U+001B; expected text. Remove it."
      ),
    ])
  func uselessSeeds(input: SeedInput, message: String) {
    #expect(throwing { _ = try input.seed() } == message)
  }
}

/// The text of the error that `body` throws; nil where it throws none.
func throwing(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
