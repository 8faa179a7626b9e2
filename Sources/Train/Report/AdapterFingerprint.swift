import Files
import Model

/// Whether an adapter was trained for a base, by the fingerprint that its `run.json` keeps.
///
/// An adapter on another base of the same shape loads and computes, and gives nonsense.
public enum AdapterFingerprint {
  /// Refuses an adapter that was trained for another base. One without a record, as PEFT writes it, passes.
  ///
  /// - Parameter fingerprint: that of the base, where it is known already.
  /// - Throws: ``AdapterMismatch``; file and JSON errors where there is a record that cannot be read.
  public static func check(_ folder: String, for base: BaseModel, fingerprint: Fingerprint? = nil) throws {
    guard let record = try RunRecord.read(folder),
      let expected = record["settings"]?["base_sha256"]?.stringValue
    else { return }
    let found = try (fingerprint ?? base.fingerprint()).hex
    guard found != expected else { return }
    let configuration = try JSONParser.parse(contentsOf: "\(folder)/\(AdapterFolder.configurationName)")
    throw AdapterMismatch(
      adapter: folder, trainedFor: configuration["base_model_name_or_path"]?.stringValue,
      trainedForFingerprint: expected, base: base.path, baseFingerprint: found)
  }
}

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
