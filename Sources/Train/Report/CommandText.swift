import Foundation
import Model

/// Commands to type next, quoted for a shell.
public enum CommandText {
  /// A word that a POSIX shell reads as `word`: bare where that is safe, else in double or single quotes.
  public static func quoted(_ word: String) -> String {
    let isBare = { (scalar: Unicode.Scalar) in
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || "-_./:=,+%@".unicodeScalars.contains(scalar)
    }
    if !word.isEmpty, word.unicodeScalars.allSatisfy(isBare) { return word }
    if !word.contains(where: { "\"$`\\!".contains($0) }) { return "\"\(word)\"" }
    return "'\(word.replacingOccurrences(of: "'", with: "'\\''"))'"
  }

  /// How a program of this package is started in `folder`, where `invocation` was the first word of the running
  /// command: by its name if the running one was, through `swift run` in the package that built it, and elsewhere by
  /// its path, since it lies beside the running one.
  public static func program(
    _ name: String, startedAs invocation: String,
    in folder: String = FileManager.default.currentDirectoryPath
  ) -> String {
    guard let slash = invocation.lastIndex(of: "/") else { return name }
    let place = URL(fileURLWithPath: folder, isDirectory: true)
    let path = URL(fileURLWithPath: invocation, relativeTo: place).standardizedFileURL.path
    if let build = path.range(of: "/.build/", options: .backwards) {
      let package = URL(fileURLWithPath: String(path[..<build.lowerBound])).resolvingSymlinksInPath().path
      if "\(place.resolvingSymlinksInPath().path)/".hasPrefix("\(package)/") { return "swift run \(name)" }
    }
    return quoted(invocation[...slash] + name)
  }

  /// The command that goes on with a stopped run.
  ///
  /// - Parameters:
  ///   - arguments: those of the stopped run.
  ///   - adapterPath: its folder, added where the arguments leave it to the program.
  public static func resume(_ arguments: [String], adapterPath: String, startedAs invocation: String)
    -> String
  {
    var words = arguments
    let namesPath = words.contains { $0 == "--adapter-path" || $0.hasPrefix("--adapter-path=") }
    if !namesPath { words += ["--adapter-path", adapterPath] }
    if !words.contains("--resume") { words.append("--resume") }
    return ([program("lora-train", startedAs: invocation)] + words.map(quoted)).joined(separator: " ")
  }

  /// The command that writes a draft with a new adapter.
  ///
  /// - Parameters:
  ///   - seed: what to write about, such as a held-out row's seed.
  ///   - model: the base, named unless it is the one that `ghost` takes by itself.
  public static func draft(
    _ seed: Seed, adapterPath: String, model: String?, startedAs invocation: String
  ) -> String {
    var words = ["draft"]
    if let topic = seed.topic { words += ["--topic", topic] }
    if let angle = seed.angle { words += ["--angle", angle] }
    if let length = seed.length { words += ["--length", "\(length)"] }
    if let kind = seed.kind { words += ["--kind", kind] }
    // Without being told, ghost takes the newest adapter of this folder.
    if !adapterPath.hasPrefix("\(AdapterPath.parent)/") { words += ["--adapter-path", adapterPath] }
    if let model { words += ["--model", model] }
    return ([program("ghost", startedAs: invocation)] + words.map(quoted)).joined(separator: " ")
  }
}
