/// An adapter and a base that do not belong together.
public struct AdapterMismatch: Error, Equatable, Sendable, CustomStringConvertible {
  /// The adapter's folder.
  public let adapter: String
  /// The base that it was trained for, as its settings name it.
  public let trainedFor: String?
  /// The fingerprint of that base.
  public let trainedForFingerprint: String
  /// The base that was loaded.
  public let base: String
  /// Its fingerprint.
  public let baseFingerprint: String

  /// Names both bases, each with the first digits of its fingerprint.
  public var description: String {
    let other = trainedFor.map { "\($0) " } ?? ""
    return "\(adapter): the base is \(base) (SHA-256 \(baseFingerprint.prefix(12))…); expected the one that"
      + " this adapter was trained for, \(other)(\(trainedForFingerprint.prefix(12))…)."
      + " Give that base with --model, or an adapter of this one."
  }
}

/// An adapter that would read a prompt otherwise than it learned to.
public struct AdapterRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  /// What differs from its training.
  public enum Reason: Equatable, Sendable {
    /// The tokenizer, by fingerprint.
    case tokenizer(path: String, found: String, trained: String)
    /// The layout of the prompt.
    case promptLayout(found: String, trained: String)
  }

  /// The adapter's folder.
  public let adapter: String
  /// What differs.
  public let reason: Reason

  /// Names both sides.
  public var description: String {
    switch reason {
    case .tokenizer(let path, let found, let trained):
      "\(adapter): the tokenizer is \(path) (SHA-256 \(found.prefix(12))…); expected the one that this adapter was"
        + " trained with (\(trained.prefix(12))…). Give that base with --model, or train again."
    case .promptLayout(let found, let trained):
      "\(adapter): prompts are laid out as \(found); expected \(trained), the layout that this adapter learned."
        + " Train it again with this version."
    }
  }
}
