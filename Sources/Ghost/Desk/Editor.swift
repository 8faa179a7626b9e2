import Foundation

/// What drafts are edited with.
public enum Editor {
  /// The editors to look for, the system's own choice first.
  static let usual = ["editor", "nano", "vi"]

  /// The command that VISUAL or EDITOR names, else the first of the usual editors on the PATH; nil where there is none.
  public static func command(in environment: [String: String]) -> String? {
    let named = ["VISUAL", "EDITOR"].compactMap { environment[$0] }
    if let command = named.first(where: { !$0.allSatisfy(\.isWhitespace) }) { return command }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    return usual.first { name in
      folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }
  }
}
