import Files
import Model

/// Whether an adapter was trained for a base, its tokenizer and this layout of prompts, by what its `run.json` pins.
///
/// An adapter on another base of the same shape, or on prompts that it has not learned to read, loads and computes,
/// and gives nonsense.
public enum AdapterFingerprint {
  /// Refuses an adapter that was trained for something else. One without a record, as PEFT writes it, passes.
  ///
  /// - Parameter fingerprints: those of the base, where they are known already.
  /// - Throws: ``AdapterMismatch`` for another base, ``AdapterRefusal`` for another tokenizer or prompt layout; file
  ///   and JSON errors where there is a record that cannot be read.
  public static func check(
    _ folder: String, for base: BaseModel, fingerprints: BaseFingerprints? = nil
  ) throws {
    try check(folder, basePath: base.path, fingerprints: fingerprints)
  }

  /// Refuses an adapter as ``check(_:for:fingerprints:)`` does, for the base in a folder.
  public static func check(
    _ folder: String, basePath: String, fingerprints: BaseFingerprints? = nil
  ) throws {
    guard let settings = try RunRecord.read(folder)?["settings"] else { return }
    let found = try fingerprints ?? BaseFingerprints(path: basePath)
    if let trained = settings["base_sha256"]?.stringValue, trained != found.base.hex {
      let configuration = try JSONParser.parse(contentsOf: "\(folder)/\(AdapterFolder.configurationName)")
      throw AdapterMismatch(
        adapter: folder, trainedFor: configuration["base_model_name_or_path"]?.stringValue,
        trainedForFingerprint: trained, base: basePath, baseFingerprint: found.base.hex)
    }
    if let trained = settings["tokenizer_sha256"]?.stringValue, trained != found.tokenizer.hex {
      throw AdapterRefusal(
        adapter: folder,
        reason: .tokenizer(
          path: "\(basePath)/tokenizer.json", found: found.tokenizer.hex, trained: trained))
    }
    if let trained = settings["prompt_layout"]?.stringValue, trained != PromptLayout.version {
      throw AdapterRefusal(
        adapter: folder, reason: .promptLayout(found: PromptLayout.version, trained: trained))
    }
  }
}

/// The fingerprints of what a base brings to an adapter.
public struct BaseFingerprints: Equatable, Sendable {
  /// Configuration and weights.
  public let base: Fingerprint
  /// `tokenizer.json`.
  public let tokenizer: Fingerprint

  /// Reads the files of the base in a folder.
  ///
  /// - Throws: file and checkpoint errors.
  public init(path: String) throws {
    base = try BaseModel.fingerprint(path: path)
    tokenizer = try Fingerprint(contentsOf: "\(path)/tokenizer.json")
  }
}
