import Files

/// A row that cannot be used, with its place and what is wrong there.
public struct RowProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong with a row.
  public enum Problem: Equatable, Sendable {
    /// The line is not JSON; the column is in Unicode scalars, from 1.
    case notJSON(column: Int, problem: JSONParseError.Problem)
    /// The line is JSON, but no object.
    case notAnObject(found: String)
    /// No key says what kind of row this is; `nearest` is a known key that `found` nearly spells.
    case noKnownKey(found: [String], misspelled: String?, nearest: String?)
    /// A key stands without the one that it needs beside it.
    case missingKey(String, beside: String)
    /// A value is of another kind than its key asks for.
    case wrongKind(key: String, expected: String, found: String)
    /// A text that is to be learned, or to prompt it, has nothing in it.
    case empty(key: String)
    /// A conversation, for which no layout can be rendered yet.
    case conversation
  }

  /// The archive file, as it was named when it was read.
  public let file: String
  /// The line in that file, from 1.
  public let line: Int
  /// What is wrong there.
  public let problem: Problem

  /// `file:line: what was expected, what was found. What to do.`
  public var description: String {
    switch problem {
    case .notJSON(let column, let problem):
      "\(file):\(line):\(column): \(problem) Or drop the row with --skip-bad-rows."
    default:
      "\(file):\(line): \(finding). \(remedy)"
    }
  }

  /// Where the row is and what is wrong with it, for a list of rows that were dropped.
  public var summary: String { "\(place): \(finding)" }

  /// Where the row is: `file:line`.
  public var place: String { "\(file):\(line)" }

  private var finding: String {
    switch problem {
    case .notJSON(let column, let problem): "column \(column): \(problem)"
    case .notAnObject(let found): "a row must be one JSON object, found \(found)"
    case .noKnownKey(let found, _, _):
      """
      found \(found.isEmpty ? "no keys" : "only " + RowProblem.list(found)); \
      expected "text", "prompt" and "completion", "messages", or "seed", "draft" and "final"
      """
    case .missingKey(let key, let beside): "found \"\(beside)\" without \"\(key)\"; expected both"
    case .wrongKind(let key, let expected, let found): "\"\(key)\" must be \(expected), found \(found)"
    case .empty(let key): "\"\(key)\" must have words in it, found none"
    case .conversation:
      "found a \"messages\" row; chat templates are not rendered yet, so there is no layout to learn it in"
    }
  }

  private var remedy: String {
    switch problem {
    case .noKnownKey(_, let misspelled?, let nearest?):
      "Rename \"\(misspelled)\" to \"\(nearest)\" or drop the row with --skip-bad-rows."
    case .conversation:
      "Rewrite it with \"prompt\" and \"completion\" or drop it with --skip-bad-rows."
    default: "Fix the row or drop it with --skip-bad-rows."
    }
  }

  /// Quotes the first keys and counts the rest, so that a row of a thousand keys stays one line.
  private static func list(_ keys: [String]) -> String {
    let shown = keys.prefix(8).map { "\"\($0)\"" }.joined(separator: ", ")
    return keys.count > 8 ? "\(shown) and \(keys.count - 8) more" : shown
  }
}
