import Files

/// `evaluation.json` and `report.html` in an adapter's folder: the verdict on it, for programs and for people.
public enum EvaluationRecord {
  /// The record's name.
  public static let name = "evaluation.json"
  /// The page's name.
  public static let pageName = "report.html"

  /// Writes both, each whole or not at all, over older ones. The drafts that were kept for a run which might break
  /// off go.
  ///
  /// - Throws: `FileError`.
  public static func write(_ outcome: VerdictOutcome) throws {
    let folder = outcome.run.adapterPath
    try AtomicFile.write(VerdictPage(outcome).html, to: "\(folder)/\(pageName)")
    let json = VerdictReport(outcome).json(drafts: false)
    try AtomicFile.write(try JSONWriter.string(of: json, layout: .pretty), to: "\(folder)/\(name)")
    DraftStore.remove(folder)
  }

  /// The record in an adapter's folder; nil where there is none.
  ///
  /// - Throws: `FileError` and `JSONParseError` where there is one that cannot be read.
  public static func read(_ folder: String) throws -> JSONValue? {
    try JSONParser.parse(ifPresent: "\(folder)/\(name)")
  }
}

extension VerdictOutcome {
  /// What the evaluation was on: the held-out pieces with their seeds, the window and the sampling. Two verdicts with
  /// the same fingerprint can be compared.
  var evaluationFingerprint: Fingerprint {
    let parts =
      pieces.map { "\($0.id)\n\($0.seed)\n\($0.text)" }
      + ["\(places) \(run.samples) \(run.seed) \(window) \(run.sampling)"]
    return Fingerprint(of: Array(parts.joined(separator: "\n\n").utf8))
  }
}
