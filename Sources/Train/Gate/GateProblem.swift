/// What is wrong with a line of cases or outputs, and where.
public struct GateProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Problem: Equatable, Sendable {
    /// The line is not JSON; the text is the parser's finding.
    case notJSON(String)
    /// The line is JSON, but no object.
    case notAnObject(found: String)
    /// A value is missing or of another kind than its key asks for.
    case wrongValue(key: String, expected: String, found: String)
    /// A case with neither a prompt nor a seed.
    case noRequest
    /// A case with both a prompt and a seed.
    case twoRequests
    /// A case that nothing is asked of.
    case noChecks
    /// A check that is none of those known; nil where it does not have one rule.
    case unknownCheck(found: String?)
    /// A pattern that does not compile.
    case badPattern(String)
    /// A name that an earlier line has.
    case duplicateID(String, firstLine: Int)
    /// An output of no case.
    case unknownID(String, cases: String)
    /// Cases without an output, of so many.
    case missingOutputs([String], cases: Int)
    /// A file without a line to use.
    case empty(expected: String)
  }

  /// The file, as it was named.
  public let file: String
  /// The line in it, from 1; nil for the file as a whole.
  public let line: Int?
  /// What is wrong there.
  public let problem: Problem

  /// `file:line: what was found; what was expected. What to do.`
  public var description: String {
    switch problem {
    case .notJSON(let finding): finding
    default: "\(file)\(line.map { ":\($0)" } ?? ""): \(text)"
    }
  }

  private var text: String {
    let rules = GateCheck.Rule.names.joined(separator: ", ")
    switch problem {
    case .notJSON(let finding): return finding
    case .notAnObject(let found): return "found \(found); expected one JSON object. Correct the line."
    case .wrongValue(let key, let expected, let found):
      return "\"\(key)\": found \(found); expected \(expected). Correct the line."
    case .noRequest:
      return "found neither \"prompt\" nor \"seed\"; expected one of them. Say what the case asks for."
    case .twoRequests:
      return "found both \"prompt\" and \"seed\"; expected one of them. Remove one, or make two cases."
    case .noChecks:
      return
        "found no check; expected at least one in \"checks\". Say what a good output does, such as {\"contains\": \"…\"}."
    case .unknownCheck(let found?):
      return "found the check \"\(found)\"; expected one of \(rules). Rename or remove it."
    case .unknownCheck(nil):
      return "found a check without exactly one rule; expected one of \(rules). Write one object a rule."
    case .badPattern(let pattern):
      return "found a pattern that does not compile, \(pattern); expected a regular expression. Correct it."
    case .duplicateID(let id, let firstLine):
      return
        "found the id \"\(id)\" of line \(firstLine) again; expected one of its own. Rename or remove it."
    case .unknownID(let id, let cases):
      return "found the id \"\(id)\"; expected one of \(cases). Correct the id or remove the line."
    case .missingOutputs(let ids, let cases):
      return
        "found no output for \(ids.count) of \(cases) cases (\(list(ids))); expected one for each. Run the system on them."
    case .empty(let expected):
      return "found no line to use; expected \(expected). Name the right file."
    }
  }

  private func list(_ ids: [String]) -> String {
    ids.prefix(3).joined(separator: ", ") + (ids.count > 3 ? ", …" : "")
  }
}

/// Cases or outputs that cannot be used, with each problem found.
public struct GateInputError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The problems, in file order.
  public let problems: [GateProblem]

  /// A line for each problem, up to a limit.
  public var description: String { shortened(problems.map(\.description)).joined(separator: "\n") }
}
