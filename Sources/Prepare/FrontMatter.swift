import Yams

/// The fields above a piece, in YAML between lines `---` or in TOML between lines `+++`.
///
/// Every value becomes a list of strings: one for a scalar, each element of a list, none for nothing. A table's
/// members are named with a dot, `params.description`; names are in lower case.
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
    guard let fence = ["---", "+++"].first(where: { opens(text, with: $0) }) else {
      return (FrontMatter(), text, 1)
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let end = lines.dropFirst().firstIndex(where: { $0.withoutTrailingSpace == fence[...] }) else {
      // A rule above a text is no front matter: that has a field in its first line.
      if fence == "---", !(lines.dropFirst().first?.contains(":") ?? false) {
        return (FrontMatter(), text, 1)
      }
      throw SourceProblem(file: file, line: 1, problem: .unclosedFrontMatter(fence: fence))
    }
    let source = lines[1..<end].joined(separator: "\n")
    let fields =
      fence == "---" ? try yaml(source, file: file) : try TOMLReader.fields(source, file: file, firstLine: 2)
    return (FrontMatter(fields: fields), lines[(end + 1)...].joined(separator: "\n"), end + 2)
  }

  private static func opens(_ text: String, with fence: String) -> Bool {
    guard text.utf8.starts(with: fence.utf8) else { return false }
    return text.utf8.dropFirst(fence.utf8.count).first { $0 != 0x20 && $0 != 0x0D } == 0x0A
  }

  private static func yaml(_ source: String, file: String) throws(SourceProblem) -> [String: [String]] {
    func problem(_ found: String, line: Int) -> SourceProblem {
      SourceProblem(
        file: file, line: max(1, line) + 1,
        problem: .badFrontMatter(found: found, expected: "YAML such as \"title: A kettle\""))
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: source)
    } catch YamlError.scanner(_, let text, let mark, _), YamlError.parser(_, let text, let mark, _),
      YamlError.composer(_, let text, let mark, _)
    {
      throw problem("no YAML (\(text))", line: mark.line)
    } catch {
      throw problem("no YAML", line: 1)
    }
    var fields: [String: [String]] = [:]
    guard let root, root.null == nil else { return fields }
    guard let mapping = root.mapping else { throw problem("no mapping", line: root.mark?.line ?? 1) }
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
        fields[name] = (value.sequence.map { Array($0) } ?? [value]).compactMap { item in
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
