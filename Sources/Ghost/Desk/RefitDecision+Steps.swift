import Files
import Train

extension RefitDecision {
  /// Where adapters are and go, as paths that start at the desk's folder, and what `ghost.yaml` says of them.
  struct Places: Equatable, Sendable {
    /// Where the new adapter was trained.
    let trained: String
    /// The old adapter.
    let old: String
    /// The new adapter's own place.
    let new: String
    /// Where the old one goes when it retires; nil where it stays.
    let retiredOld: String?
    /// Where the new one goes when it retires; nil where it stays.
    let retiredNew: String?
    /// The new base; nil where it is the old one's.
    let newBase: String?
    /// Whether `ghost.yaml` names an adapter.
    let namesAdapter: Bool
    /// Whether `ghost.yaml` names a base.
    let namesBase: Bool
  }

  /// The steps of a choice. After each of them the adapter in use is for the base in use: `ghost.yaml` gets a new base
  /// together with its adapter, or once no adapter is left.
  static func steps(_ choice: RefitScores.Choice, _ places: Places) -> [Step] {
    let place = Step.move(from: places.trained, to: places.retiredNew ?? places.new)
    let retire = places.retiredOld.map { Step.move(from: places.old, to: $0) }
    switch choice {
    case .old:
      return [place]
    case .new:
      var settings: [(String, JSONValue)] = []
      if places.namesBase, let base = places.newBase { settings.append(("base", .string(base))) }
      guard places.namesAdapter || !settings.isEmpty else { return [place] + (retire.map { [$0] } ?? []) }
      settings.append(("adapter", .string(places.new)))
      // From its arrival on, the new adapter is the newest.
      let pin = places.namesAdapter ? [] : [set([("adapter", .string(places.old))])]
      return pin + [place, set(settings)] + (retire.map { [$0] } ?? [])
    case .neither:
      let unpin = places.namesAdapter ? [set([("adapter", .null)])] : []
      // Without an adapter nothing else remembers the new base.
      let base = places.newBase.map { [set([("base", .string($0))])] } ?? []
      return [place] + unpin + (retire.map { [$0] } ?? []) + base
    }
  }

  private static func set(_ settings: [(String, JSONValue)]) -> Step {
    var object = JSONObject()
    for (key, value) in settings { object.append(key, value) }
    return .set(object)
  }
}
