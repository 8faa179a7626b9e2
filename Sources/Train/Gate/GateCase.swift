/// One case of an evaluation: what is asked for, and what the answer must do.
public struct GateCase: Equatable, Sendable {
  /// What a system is asked.
  public enum Request: Equatable, Sendable {
    /// A text to continue or to answer.
    case prompt(String)
    /// A seed, laid out as training does it.
    case seed(Seed)
  }

  /// The case's name, unlike any other's.
  public let id: String
  /// What is asked for.
  public let request: Request
  /// What the answer must do, all of it; at least one check.
  public let checks: [GateCheck]

  /// Whether a draft is asked for, and no answer, which may begin with a line end.
  var asksForDraft: Bool {
    if case .seed = request { true } else { false }
  }

  /// Makes a case.
  public init(id: String, request: Request, checks: [GateCheck]) {
    self.id = id
    self.request = request
    self.checks = checks
  }
}
