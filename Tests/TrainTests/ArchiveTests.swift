import Files
import Foundation
import Testing

@testable import Train

@Suite("Archive")
struct ArchiveTests {
  /// Runs `body` with the paths of files that hold `contents`, in a folder of their own.
  private func withFiles<Result>(_ contents: String..., body: ([String]) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let paths = try contents.enumerated().map { index, content in
      let path = folder.appendingPathComponent("\(index).jsonl").path
      try AtomicFile.write(content, to: path)
      return path
    }
    return try body(paths)
  }

  @Test("Rows of several files keep their file, line and order; blank lines are counted")
  func places() throws {
    try withFiles("{\"text\": \"A\"}\r\n \t\n\n{\"text\": \"B\"}", "\u{FEFF}{\"text\": \"C\"}\n") { paths in
      let archive = try Archive(paths: paths)
      #expect(archive.rows.map(\.content) == [.text("A"), .text("B"), .text("C")])
      #expect(archive.rows.map(\.place) == ["\(paths[0]):1", "\(paths[0]):4", "\(paths[1]):1"])
      #expect(archive.blankLineCount == 2)
      #expect(archive.skipped.isEmpty)
    }
  }

  @Test("All bad rows are collected, and dropped only when asked")
  func badRows() throws {
    try withFiles("3\n{\"text\": \"A\"}\n{\"text\": 1}\n") { paths in
      let problems = [
        RowProblem(file: paths[0], line: 1, problem: .notAnObject(found: "a number")),
        RowProblem(
          file: paths[0], line: 3, problem: .wrongKind(key: "text", expected: "a string", found: "1")),
      ]
      #expect(throws: ArchiveError.badRows(problems)) { try Archive(paths: paths) }
      let archive = try Archive(paths: paths, skipBadRows: true)
      #expect(archive.rows.map(\.line) == [2])
      #expect(archive.skipped == problems)
    }
  }

  @Test("A conversation is refused with its reason")
  func chat() throws {
    try withFiles(#"{"messages": [{"role": "user", "content": "Hi"}]}"#) { paths in
      let error = #expect(throws: ArchiveError.self) { try Archive(paths: paths) }
      #expect(
        error?.description
          == "\(paths[0]):1: found a \"messages\" row; chat templates are not rendered yet, so there is no layout to "
          + "learn it in. Rewrite it with \"prompt\" and \"completion\" or drop it with --skip-bad-rows.")
    }
  }

  @Test("Files without a row are an error", arguments: ["", "\n \n"])
  func empty(content: String) throws {
    try withFiles(content) { paths in
      let error = #expect(throws: ArchiveError.self) { try Archive(paths: paths) }
      #expect(
        error?.description
          == "\(paths[0]): found no usable row; expected one JSON object a line. "
          + "Add rows such as {\"title\": …, \"text\": …}.")
    }
  }

  @Test("Dropping every row is an error that lists them")
  func nothingLeft() throws {
    try withFiles("3\n") { paths in
      let problem = RowProblem(file: paths[0], line: 1, problem: .notAnObject(found: "a number"))
      let error = #expect(throws: ArchiveError.self) { try Archive(paths: paths, skipBadRows: true) }
      #expect(error == .noRows(files: paths, skipped: [problem]))
      #expect(
        error?.description.split(separator: "\n").last
          == "\(paths[0]):1: a row must be one JSON object, found a number")
    }
  }

  @Test("Twenty bad rows are shown and the rest counted")
  func manyBadRows() {
    let problems = (1...23).map { RowProblem(file: "a", line: $0, problem: .notAnObject(found: "null")) }
    let lines = ArchiveError.badRows(problems).description.split(separator: "\n")
    #expect(lines.count == 21)
    #expect(lines.last == "and 3 more")
  }

  @Test("A missing file is the file's own error")
  func missing() {
    #expect(throws: FileError.self) { try Archive(paths: ["/no/such/archive.jsonl"]) }
  }
}
