import Files
import Model
import Train

/// Where an adapter comes from, checked against the base that it is to draft with.
public struct AdapterOrigin: Equatable, Sendable {
  /// The adapter's folder.
  public let path: String
  /// The fingerprint of its weights.
  public let fingerprint: Fingerprint
  /// Its rank.
  public let rank: Int
  /// The verdict of the run that trained it; nil where it was not evaluated or has no `run.json`.
  public let verdict: Verdict?
  /// Whether its `run.json` names the base that it was trained on.
  public let namesItsBase: Bool
  /// Whether the run that trained it came to its end.
  public let isFinished: Bool

  /// Checks the adapter in `folder` against a base.
  ///
  /// - Throws: `AdapterMismatch` where it was trained on another base, ``AdapterRefusal`` where with another
  ///   tokenizer or prompt layout; file and JSON errors.
  init(_ folder: String, base: BaseModel, fingerprints: BaseFingerprints) throws {
    path = folder
    rank = try AdapterFolder.readConfiguration(folder).rank
    try AdapterFingerprint.check(folder, for: base, fingerprint: fingerprints.base)
    let record = try RunRecord.read(folder)
    let settings = record?["settings"]
    if let trained = settings?["tokenizer_sha256"]?.stringValue, trained != fingerprints.tokenizer.hex {
      throw AdapterRefusal(
        adapter: folder,
        reason: .tokenizer(
          path: "\(base.path)/tokenizer.json", found: fingerprints.tokenizer.hex, trained: trained))
    }
    if let trained = settings?["prompt_layout"]?.stringValue, trained != PromptLayout.version {
      throw AdapterRefusal(
        adapter: folder, reason: .promptLayout(found: PromptLayout.version, trained: trained))
    }
    fingerprint = try Fingerprint(contentsOf: "\(folder)/\(AdapterFolder.weightsName)")
    namesItsBase = settings?["base_sha256"]?.stringValue != nil
    isFinished = record.map(RunRecord.isFinished) ?? true
    verdict = record?["verdict"]?.stringValue.flatMap { Verdict(rawValue: $0) }
  }
}

/// The fingerprints of what a base brings to a draft.
public struct BaseFingerprints: Equatable, Sendable {
  /// Configuration and weights.
  public let base: Fingerprint
  /// `tokenizer.json`.
  public let tokenizer: Fingerprint

  init(_ base: BaseModel) throws {
    self.base = try base.fingerprint()
    tokenizer = try Fingerprint(contentsOf: "\(base.path)/tokenizer.json")
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
