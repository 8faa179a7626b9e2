import Files

/// What scoring an archive gave, as lines and as JSON.
public struct EvaluationReport: Sendable {
  private let outcome: EvaluationOutcome

  /// Makes a report.
  public init(_ outcome: EvaluationOutcome) { self.outcome = outcome }

  /// The table, and with an adapter the verdict.
  public func lines(style: TextStyle = .plain) -> [String] {
    let total = outcome.base
    let scored =
      "\(NumberText.counted(outcome.rows.count, "row")), \(NumberText.counted(total.tokens, "token")) scored"
    guard let comparison = outcome.comparison else { return [scored] + ComparisonTable.lines(total) }
    let verdict = Verdict(comparison.bootstrap).reason(comparison.bootstrap, of: "document")
    return [scored] + ComparisonTable.lines(comparison, style: style) + [verdict] + flattery
  }

  /// What the verdict is worth where the adapter knows the rows.
  private var flattery: [String] {
    guard let trained = outcome.trainedRows, trained > 0 else { return [] }
    return [
      "note: the adapter was trained on \(trained) of the \(NumberText.counted(outcome.rows.count, "row")), which flatters"
        + " it; --verdict judges it on those that were held out."
    ]
  }

  /// The scores as one object; with `perRow` also one entry a row, in file order, whose `loss` is the adapter's
  /// where there is one.
  public func json(perRow: Bool) -> JSONValue {
    var json = JSONObject()
    json.append("row_count", .integer(Int64(outcome.rows.count)))
    json.append("skipped_rows", .integer(Int64(outcome.skipped.count)))
    json.append("base", ScoreJSON.scores(outcome.base))
    if let comparison = outcome.comparison {
      json.append("adapter", ScoreJSON.scores(comparison.adapter.total))
      json.append("trained_rows", outcome.trainedRows.map { .integer(Int64($0)) } ?? .null)
      json.append("documents", .integer(Int64(comparison.bootstrap.documents)))
      json.append("saved_bits_per_byte", ScoreJSON.interval(comparison.bootstrap))
      json.append("verdict", .string(Verdict(comparison.bootstrap).rawValue))
    }
    if perRow { json.append("rows", .array(outcome.rows.map(row))) }
    return .object(json)
  }

  private func row(_ row: EvaluationOutcome.Row) -> JSONValue {
    let loss = row.adapter ?? row.base
    var json = JSONObject()
    json.append("file", .string(row.file))
    json.append("line", .integer(Int64(row.line)))
    json.append("tokens", .integer(Int64(loss.tokens)))
    json.append("bytes", .integer(Int64(loss.bytes)))
    // A row with nothing to learn has no loss.
    json.append("loss", loss.tokens > 0 ? .number(loss.loss) : .null)
    if row.adapter != nil { json.append("base_loss", loss.tokens > 0 ? .number(row.base.loss) : .null) }
    return .object(json)
  }
}

/// Scores as run records and reports write them.
enum ScoreJSON {
  static func scores(_ total: DocumentLoss) -> JSONValue {
    [
      "loss": .number(total.loss),
      // It is beyond any number where the loss is above 709 nats a token.
      "perplexity": total.perplexity.isFinite ? .number(total.perplexity) : .null,
      "bits_per_byte": .number(total.bitsPerByte), "tokens": .integer(Int64(total.tokens)),
      "bytes": .integer(Int64(total.bytes)),
    ]
  }

  static func interval(_ bootstrap: PairedBootstrap) -> JSONValue {
    [
      "difference": .number(bootstrap.difference), "lower": .number(bootstrap.lower),
      "upper": .number(bootstrap.upper),
    ]
  }
}
