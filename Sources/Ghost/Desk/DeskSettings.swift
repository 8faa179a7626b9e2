import Files
import Foundation
import Model
import Train
import Yams

/// Defaults of a desk, from its `ghost.yaml`: `base`, `adapter`, `length` and `kind`, each optional. What the command
/// line gives wins. Paths start at the desk's folder.
public struct DeskSettings: Equatable, Sendable {
  /// The base's folder.
  public private(set) var base: String?
  /// The adapter's folder.
  public private(set) var adapter: String?
  /// Where the file names the adapter, as `file:line`.
  private var adapterPlace: String?
  /// The length to aim at, in words.
  public private(set) var length: Int?
  /// The kind of piece.
  public private(set) var kind: String?

  /// The file in a desk's folder.
  static func path(_ folder: String) -> String { Desk(folder).path("ghost.yaml") }

  /// Reads the settings of the desk in `folder`; all are nil where it has no file of them.
  ///
  /// - Throws: ``DeskError/setting(place:found:expected:)`` with the line; `FileError`.
  public init(_ folder: String) throws {
    let path = DeskSettings.path(folder)
    guard let file = try Desk(folder).existing(path) else { return }
    guard file.bytes.count <= SeedFile.byteLimit, let text = String(validating: file.bytes, as: UTF8.self)
    else {
      throw DeskError.setting(
        place: path, found: "no short text in UTF-8", expected: "lines such as length: 300")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      let finding = "\(error)".split(separator: "\n").first.map(String.init) ?? "an error"
      throw DeskError.setting(place: path, found: finding, expected: "YAML such as length: 300")
    }
    guard let root, root.null == nil else { return }
    guard let mapping = root.mapping else {
      throw DeskError.setting(place: path, found: "no keys", expected: "lines such as length: 300")
    }
    for (key, value) in mapping where value.null == nil {
      let name = key.string ?? ""
      let place = "\(path):\(key.mark?.line ?? 1)"
      guard let text = value.scalar?.string, !text.isEmpty else {
        throw DeskError.setting(
          place: place, found: "no single value for \(name)", expected: "text on one line")
      }
      let isAbsolute = text.hasPrefix("/") || text.hasPrefix("~")
      let local =
        isAbsolute ? (text as NSString).expandingTildeInPath : folder == "." ? text : "\(folder)/\(text)"
      switch name {
      case "base": base = local
      case "adapter": (adapter, adapterPlace) = (local, place)
      case "kind": kind = text
      case "length":
        guard let words = Int(text), words > 0 else {
          throw DeskError.setting(
            place: place, found: "length: \(text)", expected: "a whole number of words from 1")
        }
        length = words
      default:
        throw DeskError.setting(
          place: place, found: "the key \"\(name)\"", expected: "base, adapter, length or kind")
      }
    }
  }

  /// The adapter's folder, with an adapter in it.
  ///
  /// - Throws: ``DeskError/setting(place:found:expected:)`` with the line where there is none.
  public func usableAdapter() throws(DeskError) -> String? {
    guard let adapter, let adapterPlace else { return nil }
    guard FileManager.default.fileExists(atPath: "\(adapter)/\(AdapterFolder.weightsName)") else {
      throw .setting(
        place: adapterPlace, found: "no adapter in \(adapter)",
        expected: "the folder of one, or no such line")
    }
    return adapter
  }
}
