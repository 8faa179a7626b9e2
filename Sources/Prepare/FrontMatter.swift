import Files
import Train
import Yams

/// The fields of the front matter above a piece.
///
/// Every value becomes a list of strings: one for a scalar, each element of a list, none for nothing. A table's
/// members are named with a dot, `params.description`. Names are in lower case; those that differ in nothing else are
/// one, with the values of each.
struct FrontMatter: Equatable {
  /// The values of each field.
  var fields: [String: [String]] = [:]

  /// The first value of the first of `names` that has one.
  func first(_ names: String...) -> String? {
    for name in names {
      if let value = fields[name]?.first(where: { !$0.allSatisfy(\.isWhitespace) }) { return value }
    }
    return nil
  }

  /// Whether the piece says of itself that it is not published.
  var isDraft: Bool {
    first("draft")?.lowercased() == "true" || first("published")?.lowercased() == "false"
      || first("status")?.lowercased() == "draft"
  }

  /// Cuts `text` into its fields and its body.
  ///
  /// - Returns: the fields, empty where there are none, the body, and the line where that starts, from 1.
  /// - Throws: ``SourceProblem`` with the line of what cannot be read.
  static func split(
    _ text: String, file: String
  ) throws(SourceProblem) -> (matter: FrontMatter, body: String, line: Int) {
    let block: FrontMatterBlock?
    do {
      block = try FrontMatterBlock(Array(text.utf8))
    } catch {
      throw SourceProblem(
        file: file, line: error.line, problem: .unclosedFrontMatter(fence: error.language.rawValue))
    }
    guard let block else { return (FrontMatter(), text, 1) }
    let fields =
      switch block.language {
      case .yaml: try yaml(block.source, file: file, firstLine: block.sourceLine)
      case .toml:
        try TOMLReader.fields(
          String(decoding: block.source, as: UTF8.self), file: file, firstLine: block.sourceLine)
      }
    return (FrontMatter(fields: fields), String(decoding: block.body, as: UTF8.self), block.bodyLine)
  }

  private static func yaml(
    _ source: ArraySlice<UInt8>, file: String, firstLine: Int
  ) throws(SourceProblem) -> [String: [String]] {
    func problem(
      _ found: String, expected: String = "YAML such as \"title: A kettle\"", line: Int
    ) -> SourceProblem {
      SourceProblem(
        file: file, line: firstLine - 1 + line, problem: .badFrontMatter(found: found, expected: expected))
    }
    let root: Node?
    do {
      root = try YAMLText.root(source)
    } catch {
      switch error.finding {
      case .notUTF8: throw problem("a byte that is not UTF-8", line: error.line)
      case .syntax(let text): throw problem("no YAML (\(text))", line: error.line)
      case .repeatedKey(let key):
        throw problem("the key \"\(key)\" twice", expected: "each key once", line: error.line)
      }
    }
    var fields: [String: [String]] = [:]
    guard let root, root.null == nil else { return fields }
    guard let mapping = root.mapping else { throw problem("no mapping", line: max(1, root.mark?.line ?? 1)) }
    add(mapping, prefix: "", to: &fields)
    return fields
  }

  private static func add(_ mapping: Node.Mapping, prefix: String, to fields: inout [String: [String]]) {
    for (key, value) in mapping {
      guard let key = key.scalar?.string else { continue }
      let name = prefix + key.lowercased()
      if let members = value.mapping {
        add(members, prefix: name + ".", to: &fields)
      } else {
        fields[name, default: []] += (value.sequence.map { Array($0) } ?? [value]).compactMap { item in
          item.null == nil ? item.scalar?.string : nil
        }
      }
    }
  }
}

extension StringProtocol {
  /// The text without white space at its end.
  var withoutTrailingSpace: SubSequence {
    guard let last = lastIndex(where: { !$0.isWhitespace }) else { return self[startIndex..<startIndex] }
    return self[...last]
  }
}
