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

  @Test("a part that was released reads the same again")
  func release() throws {
    let folder = try TemporaryFolder()
    let text = String(repeating: "0123456789", count: 2000)
    try folder.put(text, as: "file")
    let file = try MappedFile(path: folder("file"))
    for part in [5000..<15000, 7..<9, 0..<20000, 3..<3] {
      file.release(UnsafeRawBufferPointer(rebasing: file.bytes[part]))
      #expect(file.bytes.elementsEqual(text.utf8))
    }
    withExtendedLifetime(file) {}
  }

  #if os(Linux)
    @Test("a part that was released takes no memory of the process")
    func residentPages() throws {
      let folder = try TemporaryFolder()
      try folder.put(String(repeating: "0123456789", count: 100_000), as: "released")
      let file = try MappedFile(path: folder("released"))
      /// What the process's map says is resident of the file.
      func resident() throws -> Int {
        let handle = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
        let map = String(decoding: try #require(try handle.readToEnd()), as: UTF8.self)
        let entry = try #require(map.components(separatedBy: file.path).dropFirst().first)
        let size = try #require(entry.components(separatedBy: "Rss:").dropFirst().first)
        return try #require(Int(size.prefix { $0 != "k" }.filter { $0 != " " }))
      }
      #expect(file.bytes.reduce(0) { $0 &+ Int($1) } > 0)
      #expect(try resident() > 900)
      file.release(file.bytes)
      #expect(try resident() == 0)
    }
  #endif

  @Test("a pipe without a writer is refused at once")
  func pipe() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    #expect(throws: FileError(path: folder("pipe"), operation: .read, problem: .notRegularFile)) {
      try MappedFile(path: folder("pipe"))
    }
  }

  @Test(
    "A text is read without its byte order mark and with line feeds alone",
    arguments: [
      ("", ""), ("\u{FEFF}", ""), ("\u{FEFF}a\n\u{FEFF}b", "a\n\u{FEFF}b"), ("a\r\n\r\nb\r\n", "a\n\nb\n"),
      ("\ra\r\r\n\r", "\ra\r\n\r"),
    ])
  func text(content: String, text: String) throws {
    let folder = try TemporaryFolder()
    #expect(try MappedFile(path: folder.put(content, as: "file")).textBytes == Array(text.utf8))
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
    let found = try TextLines(file).map { ($0.number, [UInt8]($0.bytes)) }
    #expect(found.map(\.1) == lines.map { Array($0.utf8) })
    #expect(found.map(\.0) == Array(1..<(lines.count + 1)))
    withExtendedLifetime(file) {}
  }

  @Test(
    "are refused in UTF-16", arguments: [[0xFF, 0xFE, 0x61, 0x00], [0xFE, 0xFF, 0x00, 0x61]] as [[UInt8]])
  func utf16(bytes: [UInt8]) throws {
    let folder = try TemporaryFolder()
    try Data(bytes).write(to: URL(fileURLWithPath: folder("file")))
    let file = try MappedFile(path: folder("file"))
    let error = #expect(throws: FileError.self) { try TextLines(file) }
    #expect(
      error?.description
        == "\(folder("file")): found text in UTF-16; expected UTF-8. Convert the file, with iconv -f UTF-16 -t UTF-8."
    )
  }
}
