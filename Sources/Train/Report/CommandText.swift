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

  /// How a program of this package is started from where `invocation`, the first word of the running command,
  /// was: through `swift run` from a build folder, else by its name.
  public static func program(_ name: String, startedAs invocation: String) -> String {
    invocation.contains("/.build/") || invocation.hasPrefix(".build/") ? "swift run \(name)" : name
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
