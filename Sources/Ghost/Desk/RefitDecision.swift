import Files
import Foundation

/// What a refit decided and how it is carried out: a list of steps that is on disk before the first of them, so that a
/// refit which is interrupted between two of them is completed by the next.
///
/// Each step is atomic, and done again does nothing.
struct RefitDecision: Equatable, Sendable {
  /// One step. Its paths start at the desk's folder, since whoever completes it may work from another one.
  enum Step: Equatable, Sendable {
    /// Gives a folder another place.
    case move(from: String, to: String)
    /// Writes settings into `ghost.yaml`; a null removes a key.
    case set(JSONObject)
  }

  /// The steps in order.
  let steps: [Step]
  /// What the refit came to.
  let outcome: RefitOutcome

  private static func path(_ shelf: AdapterShelf) -> String { "\(shelf.unfinished)/decision.json" }

  /// The decision that was made and not carried out; nil where there is none.
  static func pending(_ shelf: AdapterShelf) throws -> RefitDecision? {
    let path = path(shelf)
    guard let json = try JSONParser.parse(ifPresent: path) else { return nil }
    guard let steps = json["steps"]?.arrayValue?.map(Step.init(json:)), !steps.contains(nil),
      let outcome = json["outcome"].flatMap(RefitOutcome.init(json:))
    else { throw RefitRefusal.damagedDecision(path: path) }
    return RefitDecision(steps: steps.compactMap(\.self), outcome: outcome)
  }

  /// Puts the decision on disk.
  func write(_ shelf: AdapterShelf) throws {
    let json: JSONValue = ["steps": .array(steps.map(\.json)), "outcome": outcome.json]
    try AtomicFile.write(try JSONWriter.string(of: json, layout: .pretty), to: Self.path(shelf))
  }

  /// Takes the steps that have not been taken, then forgets the decision.
  ///
  /// - Throws: ``RefitRefusal/lostAdapter(decision:from:to:)`` before anything changes where what is to be moved is at
  ///   neither of its places; file errors.
  func carryOut(on desk: Desk) throws {
    // What stands before a move that was made has been done.
    let made = try steps.lastIndex { try Self.isMade($0, on: desk) }
    for step in steps.dropFirst(made.map { $0 + 1 } ?? 0) { try Self.take(step, on: desk) }
    try Folder.remove(AdapterShelf(desk).unfinished)
  }

  /// Whether a step is a move that was made.
  private static func isMade(_ step: Step, on desk: Desk) throws(RefitRefusal) -> Bool {
    guard case .move(let from, let to) = step else { return false }
    let (source, destination) = (desk.place(of: from), desk.place(of: to))
    if FileManager.default.fileExists(atPath: source) { return false }
    guard FileManager.default.fileExists(atPath: destination) else {
      throw .lostAdapter(decision: path(AdapterShelf(desk)), from: source, to: destination)
    }
    return true
  }

  /// Takes a step; where it was taken before, nothing changes.
  static func take(_ step: Step, on desk: Desk) throws {
    switch step {
    case .move(let from, let to): try AtomicFile.move(desk.place(of: from), to: desk.place(of: to))
    case .set(let values):
      try DeskSettings.set(values.members.map { ($0.key, $0.value.stringValue) }, in: desk.folder)
    }
  }
}

extension RefitDecision.Step {
  fileprivate var json: JSONValue {
    switch self {
    case .move(let from, let to): ["move": .string(from), "to": .string(to)]
    case .set(let values): ["set": .object(values)]
    }
  }

  fileprivate init?(json: JSONValue) {
    if let from = json["move"]?.stringValue, let to = json["to"]?.stringValue {
      self = .move(from: from, to: to)
    } else if let values = json["set"]?.objectValue {
      self = .set(values)
    } else {
      return nil
    }
  }
}
