import Files
import Model
import Train

/// Where an adapter comes from, checked against the base that it is to draft with.
public struct AdapterOrigin: Equatable, Sendable {
  /// The adapter's folder.
  public let path: String
  /// The fingerprint of its weights.
  public let fingerprint: Fingerprint
  /// Its rank.
  public let rank: Int
  /// The verdict of its latest evaluation; nil where there was none.
  public let verdict: EvaluationVerdict?
  /// Whether its `run.json` names the base that it was trained on.
  public let namesItsBase: Bool
  /// Whether the run that trained it came to its end.
  public let isFinished: Bool

  /// Checks the adapter in `folder` against a base.
  ///
  /// - Throws: `AdapterMismatch` where it was trained on another base, `AdapterRefusal` where with another
  ///   tokenizer or prompt layout; file and JSON errors.
  init(_ folder: String, base: BaseModel, fingerprints: BaseFingerprints) throws {
    path = folder
    rank = try AdapterFolder.readConfiguration(folder).rank
    try AdapterFingerprint.check(folder, for: base, fingerprints: fingerprints)
    let record = try RunRecord.read(folder)
    fingerprint = try Fingerprint(contentsOf: "\(folder)/\(AdapterFolder.weightsName)")
    namesItsBase = record?["settings"]?["base_sha256"]?.stringValue != nil
    isFinished = record.map(RunRecord.isFinished) ?? true
    verdict = EvaluationVerdict.latest(evaluation: try EvaluationRecord.read(folder), record: record)
  }
}
