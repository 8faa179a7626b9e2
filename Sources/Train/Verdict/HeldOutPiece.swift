/// A post that a verdict is based on: what was asked for, and what the writer wrote.
public struct HeldOutPiece: Equatable, Sendable {
  /// The row's name; its place where it has none of its own.
  public let id: String
  /// The seed that every system is given: the row's own, but no more words than half the window holds.
  public let seed: Seed
  /// The writer's title, where there is one.
  public let title: String?
  /// The writer's text.
  public let text: String
  /// The row.
  let row: ArchiveRow

  /// Takes a row's piece; nil for rows without a seed.
  ///
  /// - Parameter sharedIDs: the names that do not tell a row.
  init?(_ row: ArchiveRow, mostWords: Int, sharedIDs: Set<String> = []) {
    switch row.content {
    case .post(let title, let seed, let text), .edit(let title, let seed, _, let text):
      id = row.id.flatMap { sharedIDs.contains($0) ? nil : $0 } ?? row.place
      self.seed = Seed(
        topic: seed.topic, angle: seed.angle, length: seed.length.map { min($0, mostWords) }, kind: seed.kind)
      self.title = title
      self.text = text
      self.row = row
    case .text, .completion, .chat:
      return nil
    }
  }
}

extension Collection where Element == ArchiveRow {
  /// The names that several of these rows have: archives are numbered each by itself, and an id may look like a place.
  var sharedIDs: Set<String> {
    var seen = Set(map(\.place))
    return Set(compactMap(\.id).filter { !seen.insert($0).inserted })
  }
}
