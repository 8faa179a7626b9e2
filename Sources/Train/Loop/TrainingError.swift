/// Why a run could not start or had to stop.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The loss or the gradient became NaN or infinite; `keptStep` is that of the best adapter so far, where one is
  /// on disk.
  case nonFinite(step: Int, loss: Double, gradientNorm: Double, keptStep: Int? = nil)
  /// A setting is out of its range; the text says what was found, expected and to do.
  case setting(String)
  /// The plan needs more memory than the machine has free; the remedy says what to do.
  case memory(needed: Int, available: Int, remedy: String = MemoryPlan.remedy)
  /// A checkpoint is missing, unreadable or of another run.
  case checkpoint(path: String, problem: String)
  /// The folder for the adapter already holds something that a run would write over.
  case folderTaken(path: String, holds: FolderContent)
  /// The folder for a base already holds one, or the checkpoint of one.
  case baseTaken(path: String)
  /// There is nothing to resume in a folder.
  case nothingToResume(path: String, holds: FolderContent)

  /// What an adapter's folder holds.
  public enum FolderContent: Equatable, Sendable {
    /// Nothing that a run writes.
    case nothing
    /// An adapter that is not to be trained on.
    case adapter
    /// The checkpoint of a run that was stopped.
    case checkpoint
  }

  /// What was found, what was expected and what to do.
  public var description: String {
    switch self {
    case .nonFinite(0, let loss, _, _):
      "before the first step: the loss is \(loss); expected a finite number."
        + " Check the base and the adapter with lora-train eval."
    case .nonFinite(let step, let loss, let norm, let keptStep):
      "step \(step): the loss is \(loss) and the gradient norm \(norm); expected finite numbers."
        + (keptStep.map { " The adapter of step \($0) is on disk." } ?? "")
        + " Lower --learning-rate, or clip with --max-grad-norm 1."
    case .setting(let text):
      text
    case .memory(let needed, let available, let remedy):
      "this run needs \(ByteText.short(needed)); the machine has \(ByteText.short(available)) available. \(remedy)"
    case .checkpoint(let path, let problem):
      "\(path): \(problem)"
    case .folderTaken(let path, .checkpoint):
      "\(path): found the checkpoint of a stopped run; expected a folder without one."
        + " Go on with --resume, or give another --adapter-path."
    case .folderTaken(let path, _):
      "\(path): found an adapter; expected a folder without one."
        + " Give another --adapter-path, or move that adapter away."
    case .baseTaken(let path):
      "\(path): found a base or its checkpoint; expected a folder without one."
        + " Go on with --resume, or give another --output."
    case .nothingToResume(let path, .adapter):
      "\(path): found an adapter without a checkpoint; expected that of a stopped run. Train without --resume,"
        + " with another --adapter-path."
    case .nothingToResume(let path, _):
      "\(path): found no checkpoint; expected that of a stopped run. Give its --adapter-path, or train without --resume."
    }
  }
}
