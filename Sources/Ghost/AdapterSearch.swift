import Files
import Foundation
import Model
import Train

/// Finds the adapter that a writer most likely means: the newest finished one under `adapters/`.
public enum AdapterSearch {
  /// The newest adapter in the `adapters` folder of `folder`, or of the nearest folder above it that has one.
  ///
  /// An adapter is as old as the `written_at` of its `run.json` says, so that copying a folder does not make it
  /// young; one without is as old as its file of weights. One whose run was not finished counts only where there is
  /// no other.
  ///
  /// - Returns: the adapter's folder; nil where there is none.
  public static func newest(from folder: String = ".") -> String? {
    // The short path that a writer would type, as long as it leads there.
    var parent = folder == "." ? AdapterPath.parent : "\(folder)/\(AdapterPath.parent)"
    var place = URL(fileURLWithPath: folder).standardizedFileURL
    while true {
      let found = adapters(in: parent)
      let finished = found.filter(\.isFinished)
      if let newest = (finished.isEmpty ? found : finished).max(by: {
        ($0.date, $0.path) < ($1.date, $1.path)
      }) {
        return newest.path
      }
      if place.path == "/" { return nil }
      place = place.deletingLastPathComponent().standardizedFileURL
      parent = place.appendingPathComponent(AdapterPath.parent).path
    }
  }

  /// The folders in `parent`, itself included, that hold settings and weights. Any of them may be a link, as where
  /// adapters are kept on a larger disk, and each is found once, by its own path rather than by a link to it.
  private static func adapters(in parent: String) -> [Candidate] {
    // What was retired, and what a refit has not judged yet, is in nobody's use.
    var seen = Set(AdapterShelf.setAside(in: parent).map(AtomicFile.target))
    var found: [Candidate] = []
    var (folders, links) = ([parent], [String]())
    while let folder = folders.popLast() ?? links.popLast() {
      guard seen.insert(AtomicFile.target(of: folder)).inserted, let names = try? Folder.names(in: folder)
      else { continue }
      if names.contains(AdapterFolder.configurationName), let candidate = candidate(folder) {
        found.append(candidate)
      }
      for path in names.map({ "\(folder)/\($0)" }) {
        let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
        if type == .typeDirectory { folders.append(path) }
        if type == .typeSymbolicLink { links.append(path) }
      }
    }
    return found
  }

  private struct Candidate {
    let path: String
    let date: Date
    let isFinished: Bool
  }

  /// What a folder says of its adapter; nil where it holds no weights.
  private static func candidate(_ folder: String) -> Candidate? {
    let weights = "\(folder)/\(AdapterFolder.weightsName)"
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: weights) else { return nil }
    // A record that cannot be read is refused once its adapter is chosen, not while looking for one.
    let record = try? RunRecord.read(folder)
    guard let date = record.flatMap(RunRecord.writtenAt) ?? attributes[.modificationDate] as? Date
    else { return nil }
    return Candidate(path: folder, date: date, isFinished: record.map(RunRecord.isFinished) ?? true)
  }
}
