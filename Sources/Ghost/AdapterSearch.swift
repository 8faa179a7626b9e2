import Files
import Foundation
import Model
import Train

/// Finds the adapter that a writer most likely means: the newest under `adapters/`.
public enum AdapterSearch {
  /// The newest adapter in the `adapters` folder of `folder`, or of the nearest folder above it that has one.
  ///
  /// An adapter is as old as the `written_at` of its `run.json` says, so that copying a folder does not make it
  /// young; one without is as old as its file of weights.
  ///
  /// - Returns: the adapter's folder; nil where there is none.
  public static func newest(from folder: String = ".") -> String? {
    // The short path that a writer would type, as long as it leads there.
    var parent = folder == "." ? AdapterPath.parent : "\(folder)/\(AdapterPath.parent)"
    var place = URL(fileURLWithPath: folder).standardizedFileURL
    while true {
      if let found = adapters(in: parent).max(by: { ($0.date, $0.path) < ($1.date, $1.path) }) {
        return found.path
      }
      if place.path == "/" { return nil }
      place = place.deletingLastPathComponent().standardizedFileURL
      parent = place.appendingPathComponent(AdapterPath.parent).path
    }
  }

  /// The folders in `parent`, itself included, that hold settings and weights.
  private static func adapters(in parent: String) -> [(path: String, date: Date)] {
    let files = FileManager.default
    guard let paths = files.enumerator(atPath: parent) else { return [] }
    var found: [(path: String, date: Date)] = []
    while let path = paths.nextObject() as? String {
      guard (path as NSString).lastPathComponent == AdapterFolder.configurationName else { continue }
      let name = (path as NSString).deletingLastPathComponent
      let folder = name.isEmpty ? parent : "\(parent)/\(name)"
      guard let date = date(of: folder) else { continue }
      found.append((folder, date))
    }
    return found
  }

  /// When an adapter was written; nil where the folder holds no weights.
  private static func date(of folder: String) -> Date? {
    let weights = "\(folder)/\(AdapterFolder.weightsName)"
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: weights) else { return nil }
    // A record that cannot be read is refused once its adapter is chosen, not while looking for one.
    let written = (try? RunRecord.read(folder))?["written_at"]?.stringValue
    return written.flatMap { try? Date($0, strategy: .iso8601) } ?? attributes[.modificationDate] as? Date
  }
}
