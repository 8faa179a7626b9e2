import Files
import Foundation
import TestSupport
import Testing

@Suite("Mapped file") struct MappedFileTests {
  @Test("shows the bytes of the file", arguments: ["", "x", String(repeating: "line\n", count: 10_000)])
  func bytes(content: String) throws {
    let folder = try TemporaryFolder()
    try folder.put(content, as: "file")
    let file = try MappedFile(path: folder("file"))
    #expect(file.bytes.elementsEqual(content.utf8))
  }

  @Test("names the file, the finding and the remedy when it cannot be read")
  func errors() throws {
    let folder = try TemporaryFolder()
    try folder.put("text", as: "file")
    let cases: [(path: String, text: String)] = [
      (folder("none"), "found nothing there; expected a readable file. Check the path."),
      (folder.path, "found a folder; expected a readable file. Name a file inside the folder."),
      (
        folder("file/below"),
        "found a file where the path needs a folder; expected a readable file. "
          + "Correct the path or move the file away."
      ),
      (
        "/dev/null",
        "found a device, pipe or socket; expected a readable file. Name an ordinary file."
      ),
      (
        folder(String(repeating: "n", count: 300)),
        "found the system error \"File name too long\" (\(ENAMETOOLONG)); expected a readable file. "
          + "Check the path and the disk."
      ),
    ]
    for (path, text) in cases {
      let error = #expect(throws: FileError.self) { try MappedFile(path: path) }
      #expect(error?.description == "\(path): \(text)")
    }
  }

  @Test("a pipe without a writer is refused at once")
  func pipe() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    #expect(throws: FileError(path: folder("pipe"), operation: .read, problem: .notRegularFile)) {
      try MappedFile(path: folder("pipe"))
    }
  }
}

@Suite("Text lines") struct TextLinesTests {
  static let cases: [(content: String, lines: [String])] = [
    ("", []),
    ("\n", [""]),
    ("a", ["a"]),
    ("a\n", ["a"]),
    ("a\r\nb\r\n", ["a", "b"]),
    ("a\n\n\r\nb", ["a", "", "", "b"]),
    ("\u{FEFF}a\n\u{FEFF}b", ["a", "\u{FEFF}b"]),
    ("\u{FEFF}", []),
    ("a\rb\r\r\n\r", ["a\rb\r", ""]),
    ("\u{2028}é\nz", ["\u{2028}é", "z"]),
  ]

  @Test("are split at line feeds, numbered from 1", arguments: cases)
  func lines(content: String, lines: [String]) throws {
    let folder = try TemporaryFolder()
    try folder.put(content, as: "file")
    let file = try MappedFile(path: folder("file"))
    let found = TextLines(file).map { ($0.number, [UInt8]($0.bytes)) }
    #expect(found.map(\.1) == lines.map { Array($0.utf8) })
    #expect(found.map(\.0) == Array(1..<(lines.count + 1)))
    withExtendedLifetime(file) {}
  }
}
