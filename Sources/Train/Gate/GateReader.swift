import Files

/// Reads files of cases and of outputs, one JSON object a line, and collects what is wrong with them.
public enum GateReader {
  /// The cases in the file at `path`.
  ///
  /// - Throws: ``GateInputError`` with every line that cannot be used; `FileError`.
  public static func cases(_ path: String) throws -> [GateCase] {
    let lines = try read(path, expecting: "{\"id\", \"prompt\" or \"seed\", \"checks\"}") {
      line throws(GateProblem) in try line.gateCase()
    }
    try refuseDuplicates(lines.map { ($0.line, $0.value.id) }, in: path)
    return lines.map(\.value)
  }

  /// The outputs in the file at `path`, in the order of the cases.
  ///
  /// - Parameters:
  ///   - cases: the cases, each of which must have one output.
  ///   - casesPath: the file that they are of.
  /// - Throws: ``GateInputError`` with every line that cannot be used; `FileError`.
  public static func outputs(
    _ path: String, for cases: [GateCase], of casesPath: String
  ) throws -> [GateOutput] {
    let lines = try read(path, expecting: "{\"id\", \"output\"}") { line throws(GateProblem) in
      try line.output()
    }
    try refuseDuplicates(lines.map { ($0.line, $0.value.id) }, in: path)
    let known = Set(cases.map(\.id))
    let unknown = lines.filter { !known.contains($0.value.id) }.map {
      GateProblem(file: path, line: $0.line, problem: .unknownID($0.value.id, cases: casesPath))
    }
    guard unknown.isEmpty else { throw GateInputError(problems: unknown) }
    let outputs = Dictionary(lines.map { ($0.value.id, $0.value) }) { first, _ in first }
    let missing = cases.map(\.id).filter { outputs[$0] == nil }
    guard missing.isEmpty else {
      let problem = GateProblem.Problem.missingOutputs(missing, cases: cases.count)
      throw GateInputError(problems: [GateProblem(file: path, line: nil, problem: problem)])
    }
    return cases.compactMap { outputs[$0.id] }
  }

  private static func read<Value>(
    _ path: String, expecting expected: String, _ value: (GateLine) throws(GateProblem) -> Value
  ) throws -> [(line: Int, value: Value)] {
    let file = try MappedFile(path: path)
    var values: [(line: Int, value: Value)] = []
    var problems: [GateProblem] = []
    for line in try TextLines(file) where line.bytes.contains(where: { $0 != 0x20 && $0 != 0x09 }) {
      do throws(GateProblem) {
        values.append((line.number, try value(GateLine(line.bytes, file: path, line: line.number))))
      } catch {
        problems.append(error)
      }
    }
    if values.isEmpty, problems.isEmpty {
      problems = [GateProblem(file: path, line: nil, problem: .empty(expected: "lines of \(expected)"))]
    }
    guard problems.isEmpty else { throw GateInputError(problems: problems) }
    return values
  }

  private static func refuseDuplicates(_ ids: [(line: Int, id: String)], in path: String) throws {
    var firstLines: [String: Int] = [:]
    var problems: [GateProblem] = []
    for (line, id) in ids {
      if let firstLine = firstLines[id] {
        problems.append(GateProblem(file: path, line: line, problem: .duplicateID(id, firstLine: firstLine)))
      } else {
        firstLines[id] = line
      }
    }
    guard problems.isEmpty else { throw GateInputError(problems: problems) }
  }
}
