/// What is prepared and how.
public struct PrepareOptions: Equatable, Sendable {
  /// Folders and files to read.
  public var paths: [String] = []
  /// Folders of the rawest writing, which counts more.
  public var dailyLogs: [String] = []
  /// The archive to write, or to add to.
  public var output = "archive.jsonl"
  /// Pieces of fewer words are left out.
  public var minWords = 20
  /// The weight of a row of a daily log; other rows weigh 1.
  public var logWeight = 2.0
  /// Whether secrets and personal data are replaced.
  public var redacts = false
  /// Whether the first source that cannot be read stops everything.
  public var isStrict = false

  /// The usual settings.
  public init() {}
}
