import TestSupport
import Testing

@testable import Ghost

@Suite("Writing ghost.yaml") struct DeskSettingsWritingTests {
  @Test("Lines that end as Windows ends them stay lines of their own, and so does a new one")
  func windowsLineEnds() throws {
    let folder = try TemporaryFolder()
    try folder.put("adapter: adapters/a-1\r\nbase: m\r\nlength: 300", as: "ghost.yaml")
    try DeskSettings.set([("adapter", "adapters/a-2"), ("kind", "note")], in: folder.path)
    #expect(
      try folder.content(of: "ghost.yaml")
        == "adapter: \"adapters/a-2\"\r\nbase: m\r\nlength: 300\r\nkind: \"note\"\r\n")
    try folder.put("# mine\r\nbase: m\r\nadapter: old # b\r\n", as: "ghost.yaml")
    try DeskSettings.set([("adapter", nil)], in: folder.path)
    #expect(try folder.content(of: "ghost.yaml") == "# mine\r\nbase: m\r\n")
  }

  @Test(
    "A key that is not alone on a line is refused with its line, and the file stays as it was",
    arguments: [
      ("# mine\n{\"base\": \"m\", \"adapter\": \"a-1\"}\n", 2),
      ("base: m\nadapter: >-\n  a-1\n", 2), ("adapter:\n  a-1\nbase: m\n", 1), ("adapter: a-1\n  b\n", 1),
      ("adapter: \"a-1\n  b\"\n", 1), ("base: m\u{2028}adapter: a-1\n", 2),
    ])
  func sharedLines(text: String, line: Int) throws {
    let folder = try TemporaryFolder()
    try folder.put(text, as: "ghost.yaml")
    #expect(
      throwing { try DeskSettings.set([("adapter", "a-2")], in: folder.path) }
        == "\(folder("ghost.yaml")):\(line): found adapter and its value among others or on several lines;"
        + " expected both on a line of their own, as in adapter: \"…\". Correct it.")
    #expect(try folder.content(of: "ghost.yaml") == text)
  }

  @Test(
    "A change that would change another key or break the file is refused, and the file stays as it was",
    arguments: [
      "{\"base\": \"m\"}\n", "adapter: &a m\nbase: *a\n", "  adapter: a-1\n  base: m\n", "base: m\n...\n",
    ])
  func entangledLines(text: String) throws {
    let folder = try TemporaryFolder()
    try folder.put(text, as: "ghost.yaml")
    #expect(
      throwing { try DeskSettings.set([("adapter", "a-2")], in: folder.path) }
        == "\(folder("ghost.yaml")):1: found YAML in which adapter cannot be changed alone;"
        + " expected keys and values on lines of their own, such as length: 300. Correct it.")
    #expect(try folder.content(of: "ghost.yaml") == text)
  }
}
