import Files
import Train

/// What a refit came to.
public struct RefitOutcome: Equatable, Sendable {
  /// Which adapter is kept.
  public let choice: RefitScores.Choice
  /// The folder of the adapter that drafts are written with from now on; nil where none is.
  public let kept: String?
  /// What happened, for people, a line each.
  public let lines: [String]
  /// The same with every score.
  public let report: JSONValue

  /// Everything as one JSON object.
  public var json: JSONValue {
    [
      "keep": .string(choice.rawValue), "adapter": kept.map { .string($0) } ?? .null,
      "lines": .array(lines.map { .string($0) }), "report": report,
    ]
  }

  init(choice: RefitScores.Choice, kept: String?, lines: [String], report: JSONValue) {
    self.choice = choice
    self.kept = kept
    self.lines = lines
    self.report = report
  }

  /// Reads what ``json`` says; nil where it is something else.
  init?(json: JSONValue) {
    guard let choice = json["keep"]?.stringValue.flatMap({ RefitScores.Choice(rawValue: $0) }),
      let lines = json["lines"]?.arrayValue, let report = json["report"]
    else { return nil }
    self.init(
      choice: choice, kept: json["adapter"]?.stringValue, lines: lines.compactMap(\.stringValue),
      report: report)
  }
}
