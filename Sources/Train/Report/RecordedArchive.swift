import Files
import Foundation

/// An archive as an adapter's `run.json` names it: with a path from the folder in which the training was started, which
/// may be another one than the present command's.
public struct RecordedArchive: Equatable, Sendable {
  /// The path as it was recorded.
  public let path: String
  /// The fingerprint of the file that was trained on, in hexadecimal digits; nil where the record has none.
  let fingerprint: String?

  /// The archives that a record names, in its order.
  public static func all(in record: JSONValue?) -> [RecordedArchive] {
    let fingerprints = record?["settings"]?["archive_sha256"]?.arrayValue?.map(\.stringValue) ?? []
    return (record?["archives"]?.arrayValue?.compactMap(\.stringValue) ?? []).enumerated().map {
      RecordedArchive(
        path: $0.element, fingerprint: $0.offset < fingerprints.count ? fingerprints[$0.offset] : nil)
    }
  }

  /// Where the archive is: from the folder around the `adapters` folder of its adapter, where training is started as a
  /// rule, from another folder, or from the working folder. Where several of them have a file of that path, it is the
  /// one that was trained on, or if all have changed, the first.
  ///
  /// - Parameters:
  ///   - adapter: the folder of the adapter whose record names the archive.
  ///   - folder: another folder to look from.
  /// - Returns: its path from the working folder; nil where there is no such file.
  public func located(adapter: String, in folder: String? = nil) -> String? {
    if path.hasPrefix("/") { return FileManager.default.fileExists(atPath: path) ? path : nil }
    let homes = [Self.home(of: adapter), folder, "."].compactMap(\.self)
    var found: [String] = []
    for candidate in homes.map({ $0 == "." ? path : "\($0)/\(path)" })
    where FileManager.default.fileExists(atPath: candidate) {
      let target = AtomicFile.target(of: candidate)
      if !found.contains(where: { AtomicFile.target(of: $0) == target }) { found.append(candidate) }
    }
    guard found.count > 1, let fingerprint else { return found.first }
    return found.first { (try? Fingerprint(contentsOf: $0))?.hex == fingerprint } ?? found.first
  }

  /// The folder around the `adapters` folder that an adapter is in; nil where it is in none.
  private static func home(of adapter: String) -> String? {
    // The path as it was given if that tells, since it is what people read in commands and errors.
    for path in [adapter, URL(fileURLWithPath: adapter).path] {
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      if let place = parts.dropLast().lastIndex(where: { $0 == AdapterPath.parent }) {
        let home = parts[..<place].joined(separator: "/")
        return home.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : home
      }
    }
    return nil
  }
}
