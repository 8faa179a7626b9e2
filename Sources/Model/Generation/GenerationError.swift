/// Why a text could not be written to its end.
public enum GenerationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What the model computed after so many tokens, the prompt's among them, is no likelihood of anything.
  case notFinite(tokens: Int)

  /// What was found, what was expected and what to do.
  public var description: String {
    switch self {
    case .notFinite(let tokens):
      "after \(tokens) tokens the model's logits hold NaN or infinity; expected finite numbers. The weights of the"
        + " base or the adapter are damaged, or too large for the arithmetic: get the base anew, or choose another"
        + " base or adapter."
    }
  }
}
