import Files

/// The rows of one or more archive files, in file order.
public struct Archive: Equatable, Sendable {
  /// The rows that can be used.
  public let rows: [ArchiveRow]
  /// The rows that were dropped because they cannot be used; empty unless that was asked for.
  public let skipped: [RowProblem]
  /// The number of lines with nothing on them.
  public let blankLineCount: Int

  init(rows: [ArchiveRow], skipped: [RowProblem], blankLineCount: Int) {
    self.rows = rows
    self.skipped = skipped
    self.blankLineCount = blankLineCount
  }

  /// Reads the files at `paths`, each one JSON object a line.
  ///
  /// A conversation is a row that cannot be used: no base's chat template can be rendered yet.
  ///
  /// - Parameter skipBadRows: drops and lists rows that cannot be used instead of refusing the archive.
  /// - Throws: ``ArchiveError`` with every bad row up to a limit, or where no row is left; `FileError`
  ///   where a file cannot be read.
  public init(paths: [String], skipBadRows: Bool = false) throws {
    var rows: [ArchiveRow] = []
    var problems: [RowProblem] = []
    var blankLineCount = 0
    for path in paths {
      let file = try MappedFile(path: path)
      for line in TextLines(file) {
        guard line.bytes.contains(where: { $0 != 0x20 && $0 != 0x09 }) else {
          blankLineCount += 1
          continue
        }
        do throws(RowProblem) {
          let row = try RowReader.row(line.bytes, file: path, line: line.number)
          guard row.kind != .chat else {
            throw RowProblem(file: path, line: line.number, problem: .noChatTemplate)
          }
          rows.append(row)
        } catch {
          problems.append(error)
        }
      }
    }
    guard problems.isEmpty || skipBadRows else { throw ArchiveError.badRows(problems) }
    guard !rows.isEmpty else { throw ArchiveError.noRows(files: paths, skipped: problems) }
    self.init(rows: rows, skipped: problems, blankLineCount: blankLineCount)
  }
}

/// Why an archive cannot be used.
public enum ArchiveError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Rows that cannot be used, in file order.
  case badRows([RowProblem])
  /// There is no row in the files, or none is left after dropping those that cannot be used.
  case noRows(files: [String], skipped: [RowProblem])
  /// No row has a token to learn.
  case nothingToLearn(places: [String])
  /// There are too few different documents to hold any out.
  case tooSmallToHoldOut(documents: Int, needed: Int)

  /// What was found, what was expected and what to do; one line for each bad row.
  public var description: String {
    switch self {
    case .badRows(let problems):
      return Self.lines(of: problems)
    case .noRows(let files, let skipped):
      let finding =
        "\(files.joined(separator: ", ")): found no usable row; expected one JSON object a line. "
        + "Add rows such as {\"title\": …, \"text\": …}."
      return skipped.isEmpty ? finding : finding + "\n" + Self.lines(of: skipped)
    case .nothingToLearn(let places):
      return
        "\(shortened(places).joined(separator: ", ")): found no token to learn in any row; "
        + "expected text after the prompt. Give the rows text to learn."
    case .tooSmallToHoldOut(let documents, let needed):
      return
        "found \(documents) different document\(documents == 1 ? "" : "s"); expected at least \(needed), "
        + "so that two can be held out. Collect more, or pass --valid-fraction 0 to train without a verdict."
    }
  }

  private static func lines(of problems: [RowProblem]) -> String {
    shortened(problems.map(\.description)).joined(separator: "\n")
  }
}

/// The first 20 of `items`, and the number of the others in place of them: a list that stays readable.
func shortened(_ items: [String]) -> [String] {
  let limit = 20
  return items.count <= limit ? items : items.prefix(limit) + ["and \(items.count - limit) more"]
}
