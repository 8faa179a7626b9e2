import Files
import Model

/// Trains an adapter for a base on an archive: archive in, adapter folder out, with a verdict.
///
/// The adapter kept is the best by held-out loss. Beside it lie `run.json`, which says how it was made, and until
/// the run is finished a checkpoint to resume from.
public struct FineTuningRun: Equatable, Sendable {
  /// The base's folder.
  public var basePath: String
  /// The archive's files.
  public var archives: [String]
  /// Where the adapter goes.
  public var adapterPath: String
  /// The settings.
  public var options: TrainingOptions
  /// Whether to continue from the checkpoint in the adapter's folder.
  public var resumes: Bool

  /// Describes a run; nothing is read before `start`.
  public init(
    basePath: String, archives: [String], adapterPath: String, options: TrainingOptions, resumes: Bool = false
  ) {
    self.basePath = basePath
    self.archives = archives
    self.adapterPath = adapterPath
    self.options = options
    self.resumes = resumes
  }

  /// Three rows as the model sees them, learned text set apart, without training anything.
  public func maskPreview(style: MaskPreview.Style) throws -> String {
    let prepared = try PreparedRun(base: basePath, archives: archives, options: options)
    return MaskPreview(tokenizer: BaseTokenCoder(prepared.base), style: style).text(prepared.dataset)
  }

  /// Runs to the end, or until `stop` is set.
  ///
  /// - Returns: what it came to; nil where it was stopped, its checkpoint then being on disk.
  /// - Throws: what makes a run impossible before its first step, `TrainingError.nonFinite` and file errors.
  public func start(
    stop: StopRequest, onEvent: (FineTuningEvent) -> Void
  ) throws -> FineTuningOutcome? {
    try options.check()
    try checkFolder()
    let prepared = try PreparedRun(base: basePath, archives: archives, options: options)
    onEvent(.prepared(prepared.dataset.report, prepared.memoryPlan, prepared.size))
    try prepared.memoryPlan.check()
    // A read-only place is noticed before hours of work: making a file and giving it up is the test.
    try AtomicFile.createDirectory(adapterPath)
    _ = try AtomicFile(path: "\(adapterPath)/\(RunRecord.name)")
    let lock = try FolderLock(adapterPath, patience: .zero)
    defer { withExtendedLifetime(lock) {} }
    // Another run may have begun here while this one was reading.
    try checkFolder()
    return try FineTuningSession(self, prepared).run(stop: stop, onEvent: onEvent)
  }

  /// Refuses to write over an adapter or a checkpoint, and to resume where there is none.
  private func checkFolder() throws {
    let content = AdapterPath.content(of: adapterPath)
    if resumes, content != .checkpoint {
      throw TrainingError.nothingToResume(path: adapterPath, holds: content)
    }
    if !resumes, content != .nothing { throw TrainingError.folderTaken(path: adapterPath, holds: content) }
  }
}
