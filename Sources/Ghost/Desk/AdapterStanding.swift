import Files
import Foundation
import Model
import Train

/// What the records of an adapter say of it.
public struct AdapterStanding: Equatable, Sendable {
  /// The adapter's folder.
  public let path: String
  /// Whether its run came to its end.
  public let isFinished: Bool
  /// The verdict of its latest evaluation; nil where there was none.
  public let verdict: EvaluationVerdict?
  /// Whether it was judged beside a prompted base.
  public let isJudged: Bool
  /// When it was written; nil where no record says so.
  public let writtenAt: Date?
  /// The day from which on it is to be judged again, as "2027-05-20"; nil where no record says so.
  public let sunset: String?
  /// The archives that it was trained on.
  public let archives: [RecordedArchive]
  /// The folder of the base that it was trained on; nil where no record says so.
  public let base: String?
  /// The fingerprint of that base.
  public let baseFingerprint: String?
  /// The rows that it has seen; nil where no record says so.
  public let rows: RowPins?

  /// Reads the records in an adapter's folder.
  ///
  /// - Throws: `FileError` where there is no adapter, and `JSONParseError`.
  init(_ folder: String) throws {
    _ = try MappedFile(path: "\(folder)/\(AdapterFolder.weightsName)")
    let record = try RunRecord.read(folder)
    let refit = try RefitRecord.read(folder)
    path = folder
    isFinished = record.map(RunRecord.isFinished) ?? true
    let evaluation = try EvaluationRecord.read(folder)
    isJudged = evaluation != nil
    verdict = EvaluationVerdict.latest(evaluation: evaluation, record: record)
    writtenAt = record.flatMap(RunRecord.writtenAt)
    // An adapter that was judged again since has a later one.
    sunset = (refit?["sunset"] ?? record?["sunset"])?.stringValue
    archives = RecordedArchive.all(in: record)
    base = record?["base"]?.stringValue
    baseFingerprint = record?["settings"]?["base_sha256"]?.stringValue
    rows = record.flatMap(RowPins.init(record:))
  }

  /// Its age in whole days at a time; nil where no record says when it was written.
  public func age(at date: Date) -> Int? {
    writtenAt.map { max(0, Int(min(date.timeIntervalSince($0) / 86_400, 1e9))) }
  }

  /// Whether its sunset has come.
  public func isPastSunset(at date: Date) -> Bool {
    // Days written this way sort by time.
    sunset.map { $0 <= Sunset.day(0, after: date) } ?? false
  }
}

extension EvaluationVerdict {
  /// The verdict of an evaluation, or where there was none, that of the run which trained the adapter.
  static func latest(evaluation: JSONValue?, record: JSONValue?) -> EvaluationVerdict? {
    (evaluation ?? record)?["verdict"]?.stringValue.flatMap { EvaluationVerdict(rawValue: $0) }
  }
}
