/// Why an archive cannot be used.
public enum ArchiveError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Rows that cannot be used, in file order.
  case badRows([RowProblem])
  /// There is no row in the files, or none is left after dropping those that cannot be used.
  case noRows(files: [String], skipped: [RowProblem])
  /// No row has a token to learn.
  case nothingToLearn(places: [String])
  /// There are too few different documents to hold any out, beside those that were trained on before.
  case tooSmallToHoldOut(documents: Int, needed: Int, trained: Int)

  /// What was found, what was expected and what to do; one line for each bad row.
  public var description: String {
    switch self {
    case .badRows(let problems):
      return shortened(problems.map(\.description)).joined(separator: "\n")
    case .noRows(let files, let skipped):
      let finding =
        "\(files.joined(separator: ", ")): found no usable row; expected one JSON object a line. "
        + "Add rows such as {\"title\": …, \"text\": …}."
      return skipped.isEmpty
        ? finding : ([finding] + shortened(skipped.map(\.summary))).joined(separator: "\n")
    case .nothingToLearn(let places):
      return
        "\(shortened(places).joined(separator: ", ")): found no token to learn in any row; "
        + "expected text after the prompt. Give the rows text to learn."
    case .tooSmallToHoldOut(let documents, let needed, let trained):
      let which =
        trained == 0
        ? "" : " that the adapter to begin with was not trained on, beside \(trained) that it was"
      return
        "found \(NumberText.counted(documents, "different document")) in the archive\(which); expected at least \(needed), "
        + "so that two can be held out. Collect more, or pass --valid-fraction 0 to train without a verdict."
    }
  }
}

/// The first 20 of `items`, and the number of the others in place of them: a list that stays readable.
func shortened(_ items: [String]) -> [String] {
  let limit = 20
  return items.count <= limit ? items : items.prefix(limit) + ["and \(items.count - limit) more"]
}
