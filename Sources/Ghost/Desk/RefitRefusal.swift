/// Why a refit cannot be made.
public enum RefitRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  /// The desk has no adapter; the command trains a first one.
  case noAdapter(folder: String, train: String)
  /// The adapter's run was not finished; the command does that.
  case unfinished(adapter: String, resume: String)
  /// The adapter has no record of its recipe and its rows.
  case noRecord(adapter: String)
  /// The adapter's recipe holds nothing out.
  case nothingHeldOut(adapter: String)
  /// An archive that the adapter learned from is gone.
  case missingArchive(path: String, adapter: String)
  /// What a refit decided cannot be read.
  case damagedDecision(path: String)
  /// What a refit decided to move is at neither of its places.
  case lostAdapter(decision: String, from: String, to: String)

  /// What was found, what was expected and what to do.
  public var description: String {
    switch self {
    case .noAdapter(let folder, let train):
      "\(folder)/adapters: found no adapter; expected one to train again. Train a first one: \(train)"
    case .unfinished(let adapter, let resume):
      "\(adapter): found the adapter of a run that was not finished; expected a finished one."
        + " Finish it: \(resume)"
    case .noRecord(let adapter):
      "\(adapter)/run.json: found no recipe and rows of a training; expected those that lora-train records."
        + " Train afresh with lora-train."
    case .nothingHeldOut(let adapter):
      "\(adapter)/run.json: valid_fraction is 0; expected rows held out to compare by."
        + " Train afresh with lora-train and a --valid-fraction above 0."
    case .missingArchive(let path, let adapter):
      "\(path): found nothing there; expected the archive that \(adapter) learned from."
        + " Put it back, or train afresh with lora-train."
    case .damagedDecision(let path):
      "\(path): found no decision of a refit; expected its steps. Look at adapters/ and remove the folder."
    case .lostAdapter(let decision, let from, let to):
      "\(decision): found nothing at \(from) nor at \(to); expected the adapter to move from the one to the other."
        + " Put it back at the first, or remove the file to give the refit up."
    }
  }
}
