import Files

/// Why a source, or a piece in it, cannot be read.
public struct SourceProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Problem: Equatable, Sendable {
    /// The file cannot be opened.
    case unreadable(FileError.Problem)
    /// The bytes are no text in UTF-8.
    case notText
    /// The file is larger than any piece.
    case tooLarge(bytes: Int, limit: Int)
    /// Front matter that has no end.
    case unclosedFrontMatter(fence: String)
    /// Front matter that is not the YAML or TOML it opens as.
    case badFrontMatter(found: String, expected: String)
    /// An export that stops in the middle.
    case cutShort(inside: String)
    /// A file that is no export of a kind that is known.
    case unknownExport(found: String, expected: String)
    /// A piece that an export names and does not hold.
    case missingPiece(name: String)
    /// Two sources that would have one name in the archive.
    case sameName(id: String)
  }

  /// The file as it was named or found.
  public let file: String
  /// The line in that file, from 1.
  public let line: Int
  /// What is wrong there.
  public let problem: Problem

  /// `file:line: what was found; what was expected. What to do.`
  public var description: String { "\(file):\(line): \(text)" }

  private var text: String {
    switch problem {
    case .unreadable(.missing):
      "found a link to nothing; expected a file. Correct the link, or remove it."
    case .unreadable(let problem):
      String(FileError(path: file, operation: .read, problem: problem).description.dropFirst(file.count + 2))
    case .notText:
      "found bytes that are not UTF-8; expected a text. Save it as UTF-8, or leave it out."
    case .tooLarge(let bytes, let limit):
      "found \(bytes) bytes; expected a piece of at most \(limit). Split it, or leave it out."
    case .unclosedFrontMatter(let fence):
      "found front matter without an end; expected a line \"\(fence)\" below it. Close it."
    case .badFrontMatter(let found, let expected):
      "found \(found) in the front matter; expected \(expected). Correct the line."
    case .cutShort(let inside):
      "found the end of the file inside \(inside); expected a whole export. Export it again."
    case .unknownExport(let found, let expected):
      "found \(found); expected \(expected). Give the export's own file, or leave it out."
    case .missingPiece(let name):
      "found no file \"\(name)\"; expected it beside the list of posts. Unpack the whole export."
    case .sameName(let id):
      "found a second piece named \"\(id)\"; expected different names. Rename a file or its folder."
    }
  }
}
