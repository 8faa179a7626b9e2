/// A post that a verdict is based on: what was asked for, and what the writer wrote.
public struct HeldOutPiece: Equatable, Sendable {
  /// The row's name; its place where it has none.
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
  init?(_ row: ArchiveRow, mostWords: Int) {
    switch row.content {
    case .post(let title, let seed, let text), .edit(let title, let seed, _, let text):
      id = row.id ?? row.place
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
