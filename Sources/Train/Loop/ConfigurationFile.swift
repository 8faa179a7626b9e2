import Files
import Foundation
import Yams

/// Flags given in a YAML file: one mapping from flag names, with `-` or `_` between their words, to values.
///
///     data: [posts.jsonl, edits.jsonl]
///     learning_rate: 2e-4
///     no-shuffle: true
public struct ConfigurationFile: Equatable, Sendable {
  /// A flag that a file may set.
  public struct Flag: Equatable, Sendable {
    /// Its spellings without the dashes, such as "shuffle" and "no-shuffle"; the first turns it on.
    public let names: [String]
    /// Whether it takes a value.
    public let takesValue: Bool
    /// Whether it takes several.
    public let isRepeating: Bool

    /// Describes a flag.
    public init(names: [String], takesValue: Bool, isRepeating: Bool) {
      self.names = names
      self.takesValue = takesValue
      self.isRepeating = isRepeating
    }

    /// Makes one flag of each pair such as "shuffle" and "no-shuffle".
    public static func joiningOpposites(_ flags: [Flag]) -> [Flag] {
      let spellings = Set(flags.flatMap(\.names))
      return flags.compactMap { flag in
        guard let name = flag.names.first, !flag.takesValue else { return flag }
        if name.hasPrefix("no-"), spellings.contains(String(name.dropFirst(3))) { return nil }
        guard spellings.contains("no-\(name)") else { return flag }
        return Flag(names: flag.names + ["no-\(name)"], takesValue: false, isRepeating: false)
      }
    }
  }

  /// The arguments that one entry of the file stands for.
  public struct Entry: Equatable, Sendable {
    /// The line of its key, from 1.
    public let line: Int
    /// The arguments.
    public let arguments: [String]
  }

  /// The file.
  public let path: String
  /// What it sets, in its order, but for what the command line sets.
  public let entries: [Entry]

  /// Reads the file.
  ///
  /// - Parameters:
  ///   - flags: those that it may set.
  ///   - commandLine: the arguments that were typed; a flag among them wins.
  /// - Throws: ``ConfigurationError`` with every problem, and `FileError`.
  public init(path: String, flags: [Flag], commandLine: [String]) throws {
    self.path = path
    let file = try MappedFile(path: path)
    let root: Node?
    do throws(YAMLProblem) {
      root = try withExtendedLifetime(file) { () throws(YAMLProblem) in try YAMLText.root(file.bytes) }
    } catch {
      throw ConfigurationError(path, [ConfigurationFile.problem(error)])
    }
    guard let mapping = root?.mapping else {
      throw ConfigurationError(
        path,
        [.init(line: 1, text: "found no mapping; expected lines such as \"epochs: 2\". Write one a flag.")])
    }

    let typed = Set(
      commandLine.filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2).prefix { $0 != "=" }) })
    var problems: [ConfigurationError.Problem] = []
    var entries: [Entry] = []
    var lines: [[String]: Int] = [:]
    for (key, value) in mapping {
      let line = key.mark?.line ?? 1
      do throws(ConfigurationError.Problem) {
        let (flag, name) = try ConfigurationFile.flag(key, in: flags, line: line)
        if let first = lines.updateValue(line, forKey: flag.names) {
          throw .init(
            line: line,
            text: "found \(name), which line \(first) sets; expected each flag once. Remove one of the two.")
        }
        let arguments = try ConfigurationFile.arguments(flag, name: name, value, line: line)
        if typed.isDisjoint(with: flag.names) { entries.append(Entry(line: line, arguments: arguments)) }
      } catch {
        problems.append(error)
      }
    }
    guard problems.isEmpty else { throw ConfigurationError(path, problems) }
    self.entries = entries
  }

  private static func problem(_ problem: YAMLProblem) -> ConfigurationError.Problem {
    let text =
      switch problem.finding {
      case .notUTF8: "found a byte that is not UTF-8; expected YAML in UTF-8. Convert the file."
      case .syntax(let finding): "found no YAML: \(finding). Correct the line."
      case .repeatedKey(let key): "found \(key) twice; expected each flag once. Remove one of the two."
      }
    return .init(line: problem.line, text: text)
  }

  private static func flag(
    _ key: Node, in flags: [Flag], line: Int
  ) throws(ConfigurationError.Problem) -> (Flag, name: String) {
    let written = key.string ?? ""
    let name = written.replacingOccurrences(of: "_", with: "-")
    if let flag = flags.first(where: { $0.names.contains(name) }) { return (flag, name) }
    let nearest = flags.flatMap(\.names).min {
      ($0.editDistance(to: name), $0) < ($1.editDistance(to: name), $1)
    }
    let advice = nearest.map { " The nearest is \($0)." } ?? ""
    throw .init(line: line, text: "found \"\(written)\"; expected the name of a flag.\(advice)")
  }

  private static func arguments(
    _ flag: Flag, name: String, _ value: Node, line: Int
  ) throws(ConfigurationError.Problem) -> [String] {
    guard flag.takesValue else {
      guard let isOn = value.bool else {
        throw .init(line: line, text: "found \(brief(value)) for \(name); expected true or false. Change it.")
      }
      if isOn { return ["--\(name)"] }
      // The opposite of a flag is its other spelling; one without another is off unless given.
      return flag.names.first { $0 != name }.map { ["--\($0)"] } ?? []
    }
    let values = (value.sequence.map { Array($0) } ?? [value]).compactMap { item in
      item.null == nil ? item.scalar?.string : nil
    }
    let expectsOne = !flag.isRepeating
    guard !values.isEmpty, values.count == value.sequence?.count ?? 1, !expectsOne || value.sequence == nil
    else {
      throw .init(
        line: line,
        text:
          "found \(brief(value)) for \(name); expected \(expectsOne ? "one value" : "a value or a list of them")."
          + " Change it.")
    }
    return values.map { "--\(name)=\($0)" }
  }

  private static func brief(_ node: Node) -> String {
    if node.null != nil { return "nothing" }
    if let text = node.scalar?.string { return "\"\(text.prefix(40))\"" }
    return node.sequence == nil ? "a mapping" : "a list"
  }
}

/// What is wrong with a configuration file.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// One misfit.
  public struct Problem: Error, Equatable, Sendable {
    /// The line in the file, from 1.
    public let line: Int
    /// What was found, what was expected and what to do.
    public let text: String

    /// Describes a misfit.
    public init(line: Int, text: String) {
      self.line = line
      self.text = text
    }
  }

  /// The file.
  public let file: String
  /// Every misfit, in file order.
  public let problems: [Problem]

  /// Collects the misfits of a file.
  public init(_ file: String, _ problems: [Problem]) {
    self.file = file
    self.problems = problems
  }

  /// `file:line: …`, one line a misfit.
  public var description: String {
    problems.map { "\(file):\($0.line): \($0.text)" }.joined(separator: "\n")
  }
}
