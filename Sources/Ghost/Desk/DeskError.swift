/// Why a desk cannot do what was asked for.
public enum DeskError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The folder has no drafts; the command writes one.
  case noDrafts(folder: String, draft: String)
  /// No draft has the name; the command shows those that there are.
  case unknownDraft(String, folder: String, latest: String?, status: String)
  /// Several drafts go by the name.
  case ambiguousDraft(String, candidates: [String])
  /// The draft has been shipped.
  case alreadyShipped(String, archive: String)
  /// The draft has been rejected.
  case alreadyRejected(String, path: String)
  /// The file has nothing but white space, or front matter; the command rejects the draft.
  case empty(path: String, reject: String)
  /// The text is the draft as it was written.
  case unchanged(path: String)
  /// The file is not UTF-8.
  case notText(path: String)
  /// The file is too large to be a piece.
  case tooLarge(path: String, bytes: Int)
  /// What is kept of a draft's first text cannot be read.
  case damagedOriginal(path: String)
  /// Front matter stands in the text to ship.
  case damagedFrontMatter(path: String)
  /// No editor is named or found for the draft.
  case noEditor(path: String)
  /// A value in `ghost.yaml` cannot be used.
  case setting(place: String, found: String, expected: String)

  /// What was found, what was expected and what to do.
  public var description: String {
    switch self {
    case .noDrafts(let folder, let draft):
      "\(folder)/drafts: found no drafts; expected some that ghost draft kept, which it does with --workspace alone."
        + " Name the right folder with --workspace, or write a draft and keep it: \(draft)"
    case .unknownDraft(let id, let folder, let latest, let status):
      "\(folder)/drafts: found no draft \"\(id)\"; expected one of those there."
        + (latest.map { " The latest is \($0)." } ?? "") + " See \(status)"
    case .ambiguousDraft(let id, let candidates):
      "\"\(id)\": found \(candidates.count) drafts of that name, \(candidates.prefix(5).joined(separator: ", "))"
        + "\(candidates.count > 5 ? " …" : ""); expected one. Give more of its name."
    case .alreadyShipped(let id, let archive):
      "\(archive): found \(id) shipped; expected an open draft. To change the piece, edit its row there."
    case .alreadyRejected(let id, let path):
      "\(path): found \(id) rejected; expected an open draft. Remove its line there to take it back."
    case .empty(let path, let reject):
      "\(path): found no words; expected the text to ship. Undo the edit, or reject the draft: \(reject)"
    case .unchanged(let path):
      "\(path): found the draft as it was written; expected an edited text."
        + " Edit it first, or give --unchanged where it is right as it is."
    case .notText(let path):
      "\(path): found bytes that are not UTF-8; expected text. Save it as UTF-8."
    case .tooLarge(let path, let bytes):
      "\(path): found \(bytes) bytes; expected a piece of at most \(Desk.textLimit). Name the right file."
    case .damagedOriginal(let path):
      "\(path): found no draft as ghost writes it; expected its first text, unchanged. Restore the file."
    case .damagedFrontMatter(let path):
      "\(path): found front matter in the text; expected it whole, between two lines of --- or of +++, or gone."
        + " Restore those lines, or delete all that stands before the text."
    case .noEditor(let path):
      "\(path): found no editor in VISUAL or EDITOR, and none of \(Editor.usual.joined(separator: ", ")) on the PATH;"
        + " expected a command such as nano. Name or install one, or open the file yourself."
    case .setting(let place, let found, let expected):
      "\(place): found \(found); expected \(expected). Correct it."
    }
  }
}
