/// Why an adapter cannot be judged on what was given.
public enum VerdictInputError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A flag with a value that cannot be.
  case setting(flag: String, found: String, expected: String)
  /// No archive was named, and the adapter's folder names none.
  case noArchive(adapter: String)
  /// An archive that the adapter's `run.json` names is not to be found.
  case missingArchive(path: String, adapter: String)
  /// Nothing says which rows were held out of the adapter's training; the text says why.
  case noSplit(adapter: String, found: String)
  /// No held-out row has a seed to draft from.
  case noPieces(files: [String])
  /// No row of these files has anything to score in a window of so many tokens.
  case nothingToScore(files: [String], window: Int)
  /// The adapter's run was not finished.
  case unfinished(adapter: String)

  /// What was found, what was expected and what to do.
  public var description: String {
    switch self {
    case .setting(let flag, let found, let expected):
      "\(flag): found \(found); expected \(expected). Change it."
    case .noArchive(let adapter):
      "\(adapter): found no run.json that names an archive; expected what the adapter was trained on. Give it with --data."
    case .missingArchive(let path, let adapter):
      "\(adapter)/\(RunRecord.name): found the archive \(path), which is not there; expected what the adapter was trained on. Give it with --data."
    case .noSplit(let adapter, let found):
      "\(adapter): found \(found); expected posts that were held out of its training. Give some with --held-out."
    case .noPieces(let files):
      "\(files.joined(separator: ", ")): found no held-out post or edit; expected at least one to draft from. Give some with --held-out."
    case .nothingToScore(let files, let window):
      "\(files.joined(separator: ", ")): found no row to score, each with a prompt of more than \(window / 2) tokens, half of the window, or with nothing that counts; expected at least one. Raise --max-seq-length, or give other rows."
    case .unfinished(let adapter):
      "\(adapter): found the adapter of a run that was not finished; expected a finished one. Finish it with --resume."
    }
  }
}
