import Files
import Foundation
import Model
import Train

/// A desk's adapters and their places.
///
///     adapters/NAME-N/              an adapter; the newest is in use unless ghost.yaml names one
///     adapters/retired/NAME-N-DAY/  an adapter that was moved aside
///     adapters/.refit/              what a refit has not finished
struct AdapterShelf: Equatable, Sendable {
  /// The folder of all adapters.
  let folder: String

  init(_ desk: Desk) { folder = desk.path(AdapterPath.parent) }

  private static let retiredName = "retired"
  private static let unfinishedName = ".refit"

  /// The places of adapters that are not in use, below a folder of adapters.
  static func setAside(in folder: String) -> [String] {
    [retiredName, unfinishedName].map { "\(folder)/\($0)" }
  }

  /// Where a refit keeps what is not decided yet.
  var unfinished: String { "\(folder)/\(Self.unfinishedName)" }

  /// The folder for the next adapter of an archive: one number above all that are here or were retired.
  func next(forArchive archive: String) -> String {
    let stem = URL(fileURLWithPath: archive).deletingPathExtension().lastPathComponent
    let names = [folder, "\(folder)/\(Self.retiredName)"]
      .flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
    let numbers = names.filter { $0.hasPrefix("\(stem)-") }
      .compactMap { Int($0.dropFirst(stem.count + 1).prefix { $0.isASCII && $0.isNumber }) }
    // A number that nobody counts to is no number of ours.
    let last = numbers.filter { $0 < 1_000_000_000 }.max() ?? 0
    return "\(folder)/\(stem)-\(last + 1)"
  }

  /// Where an adapter goes when it is retired: a name with the day, and a number where that is taken.
  func retired(_ adapter: String, at date: Date) -> String {
    let name = "\(URL(fileURLWithPath: adapter).lastPathComponent)-\(Desk.day(date))"
    let place = "\(folder)/\(Self.retiredName)/\(name)"
    var (path, number) = (place, 1)
    while FileManager.default.fileExists(atPath: path) {
      number += 1
      path = "\(place)-\(number)"
    }
    return path
  }

  /// Whether a folder is one of these adapters, and so the desk's to move.
  func holds(_ adapter: String) -> Bool {
    AtomicFile.target(of: adapter).hasPrefix(AtomicFile.target(of: folder) + "/")
  }

  /// The rows that training has seen since an adapter was written: its own, and those of every later run, kept or
  /// retired, since training on them again would give the same again. Nil where the adapter's record has none.
  func rowsSeen(since adapter: AdapterStanding) throws -> Set<String>? {
    guard let own = adapter.rows?.all else { return nil }
    guard let written = adapter.writtenAt else { return own }
    let later = try runs(in: [folder, "\(folder)/\(Self.retiredName)"]).filter { $0.date > written }
    return later.reduce(own) { $0.union($1.rows) }
  }

  /// The rows that the retired adapters have seen; nil where none was retired.
  func rowsSeenByRetired() throws -> Set<String>? {
    let runs = try runs(in: ["\(folder)/\(Self.retiredName)"])
    return runs.isEmpty ? nil : runs.reduce(into: []) { $0.formUnion($1.rows) }
  }

  /// What the finished runs in some folders have seen, and when.
  private func runs(in parents: [String]) throws -> [(date: Date, rows: Set<String>)] {
    let files = FileManager.default
    let folders = parents.flatMap { parent in
      ((try? files.contentsOfDirectory(atPath: parent)) ?? []).sorted().map { "\(parent)/\($0)" }
    }
    return try folders.compactMap { folder in
      guard files.fileExists(atPath: "\(folder)/\(RunRecord.name)"), let record = try RunRecord.read(folder),
        RunRecord.isFinished(record), let rows = RowPins(record: record)?.all,
        let date = RunRecord.writtenAt(record)
      else { return nil }
      return (date, rows)
    }
  }
}
