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
      for line in try TextLines(file) {
        guard line.bytes.contains(where: { $0 != 0x20 && $0 != 0x09 }) else {
          blankLineCount += 1
          continue
        }
        do throws(RowProblem) {
          let row = try RowReader.row(line.bytes, file: path, line: line.number)
          guard row.kind != .chat else {
            throw RowProblem(file: path, line: line.number, problem: .conversation)
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
