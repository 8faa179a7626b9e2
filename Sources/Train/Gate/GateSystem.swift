import Foundation

/// A system that answers cases, known by the name of its file of outputs.
public struct GateSystem: Equatable, Sendable {
  /// What a system's name says that it is.
  public enum Role: Equatable, Sendable {
    /// A base that is asked and nothing more: `base`.
    case base
    /// A base with examples in its prompt: `few-shot`, as many as fit; `few-shot-8`, eight.
    case fewShot(examples: Int?)
    /// A fine-tuned model: `adapter`, or a name that begins so.
    case adapter
    /// Any other prompted system.
    case other
  }

  /// The name.
  public let name: String

  /// Makes a system of that name.
  public init(name: String) { self.name = name }

  /// The system whose outputs are in the file at `path`: its name without the extension.
  public init(path: String) {
    self.init(name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)
  }

  /// What the name says.
  public var role: Role {
    if name == "base" { return .base }
    if name == "few-shot" { return .fewShot(examples: nil) }
    if name.hasPrefix("few-shot-"), let count = Int(name.dropFirst("few-shot-".count)), count > 0 {
      return .fewShot(examples: count)
    }
    return name.hasPrefix("adapter") ? .adapter : .other
  }
}
