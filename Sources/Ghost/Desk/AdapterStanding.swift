import Files
import Foundation
import Model
import Train

/// What the record of the adapter in use says of it.
public struct AdapterStanding: Equatable, Sendable {
  /// The adapter's folder.
  public let path: String
  /// Whether its run came to its end.
  public let isFinished: Bool
  /// The verdict of its evaluation; nil where there was none.
  public let verdict: Verdict?
  /// When it was written; nil where no record says so.
  public let writtenAt: Date?
  /// The archives that it was trained on.
  public let archives: [String]
  /// The rows that it was trained on, the held-out ones among them; nil where no record says so.
  public let rows: Int?

  /// Reads the record in an adapter's folder.
  ///
  /// - Throws: `FileError` where there is no adapter, and `JSONParseError`.
  init(_ folder: String) throws {
    _ = try MappedFile(path: "\(folder)/\(AdapterFolder.weightsName)")
    let record = try RunRecord.read(folder)
    path = folder
    isFinished = record.map(RunRecord.isFinished) ?? true
    verdict = record?["verdict"]?.stringValue.flatMap { Verdict(rawValue: $0) }
    writtenAt = record?["written_at"]?.stringValue.flatMap { try? Date($0, strategy: .iso8601) }
    archives = record?["archives"]?.arrayValue?.compactMap(\.stringValue) ?? []
    rows = record?["data"]?["rows"]?.objectValue?.members.reduce(0) { $0 + ($1.value.intValue ?? 0) }
  }

  /// Its age in whole days at a time; nil where no record says when it was written.
  public func age(at date: Date) -> Int? {
    writtenAt.map { max(0, Int(min(date.timeIntervalSince($0) / 86_400, 1e9))) }
  }
}
