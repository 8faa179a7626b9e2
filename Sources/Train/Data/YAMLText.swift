import Yams

/// Reads YAML, and says on which line it is none.
package enum YAMLText {
  /// The root of a document; nil where there is nothing in it.
  package static func root(_ bytes: some Sequence<UInt8>) throws(YAMLProblem) -> Node? {
    let bytes = Array(bytes)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      // Decoding keeps what is text up to the first byte that is none.
      let common = zip(bytes, String(decoding: bytes, as: UTF8.self).utf8).prefix { $0 == $1 }
      throw YAMLProblem(line: 1 + common.count { $0.0 == 0x0A }, finding: .notUTF8)
    }
    do {
      return try Yams.compose(yaml: text)
    } catch {
      throw YAMLProblem(error)
    }
  }
}

/// Why a text is no YAML.
package struct YAMLProblem: Error, Equatable, Sendable {
  /// What is wrong.
  package enum Finding: Equatable, Sendable {
    /// A byte that is not UTF-8.
    case notUTF8
    /// What the parser says of it.
    case syntax(String)
    /// A key that a mapping has more than once.
    case repeatedKey(String)
  }

  /// The line, from 1.
  package let line: Int
  /// What is wrong there.
  package let finding: Finding
}

extension YAMLProblem {
  fileprivate init(_ error: any Error) {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
      .composer(_, let problem, let mark, _)?:
      self.init(line: max(1, mark.line), finding: .syntax(problem))
    case .duplicatedKeysInMapping(let keys, let context)?:
      self.init(line: max(1, context.mark.line), finding: .repeatedKey(keys.sorted().first ?? ""))
    case .reader(let problem, let offset, _, let yaml)?:
      let line = yaml.prefix(offset ?? 0).reduce(1) { $0 + ($1.isNewline ? 1 : 0) }
      self.init(line: line, finding: .syntax(problem))
    default:
      self.init(line: 1, finding: .syntax("\(error)"))
    }
  }
}
