/// Why a tokenizer's files cannot be used.
public struct TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What stands in the way.
  public enum Problem: Equatable, Sendable {
    /// The field is not there, or null.
    case missing(expected: String)
    /// The field has a value of another kind.
    case wrongKind(found: String, expected: String)
    /// A component or pattern that this package does not run.
    case unsupported(found: String, expected: String)
    /// Merges that are left out at random, so that a text has other ids each time.
    case dropout(found: String)
    /// A field whose meaning is not known here, which may change the ids.
    case unknownField
    /// Not two tokens.
    case malformedMerge(found: String)
    /// A token that the vocabulary does not have.
    case unknownToken(String)
    /// An id below zero or beyond the ids that there can be.
    case idOutOfRange(Int, limit: Int)
    /// An id that another token has already.
    case repeatedID(Int32, token: String)
    /// A token with one id in the vocabulary and another as an added token.
    case conflictingID(token: String, added: Int32, vocabulary: Int32)
  }

  /// The file that was read.
  public let file: String
  /// The keys and places that lead to the problem, such as `pre_tokenizer.pretokenizers[0].pattern`.
  public let path: String
  /// What stands in the way.
  public let problem: Problem

  /// `file: path: what was found; what was expected. What to do.`
  public var description: String {
    (path.isEmpty ? [file] : [file, path]).joined(separator: ": ") + ": \(problem)"
  }
}

extension TokenizerError.Problem: CustomStringConvertible {
  /// What was found, what was expected and what to do, without the place.
  public var description: String {
    switch self {
    case .missing(let expected):
      "found nothing; expected \(expected). Fetch the tokenizer's file again."
    case .wrongKind(let found, let expected):
      "found \(found); expected \(expected). Fetch the tokenizer's file again."
    case .unsupported(let found, let expected):
      "found \(found); expected \(expected). "
        + "Use a model with a byte-level BPE tokenizer, such as GPT-2, Llama 3, Qwen 2 or SmolLM2."
    case .dropout(let found):
      "found \(found), by which merges are left out at random; expected null. Set it to null: it is meant for training"
        + " a base."
    case .unknownField:
      "found a field without a known meaning here; expected only fields whose effect on the ids is known. "
        + "Remove it if it has none."
    case .malformedMerge(let found):
      "found \(found); expected two tokens, as \"a b\" or [\"a\", \"b\"]. Fetch the tokenizer's file again."
    case .unknownToken(let token):
      "found \"\(token)\", which is not in the vocabulary; expected one of its tokens. "
        + "Take all of the tokenizer's files from the same model."
    case .idOutOfRange(let id, let limit):
      "found the id \(id); expected 0 to \(limit - 1). Fetch the tokenizer's file again."
    case .repeatedID(let id, let token):
      "found the id \(id), which \"\(token)\" has already; expected one token an id. "
        + "Fetch the tokenizer's file again."
    case .conflictingID(let token, let added, let vocabulary):
      "found the id \(added) for \"\(token)\"; expected \(vocabulary), its id in the vocabulary. "
        + "Fetch the tokenizer's file again."
    }
  }
}
