/// A loss that is no number: the model that gave it cannot be judged.
public struct NonFiniteScore: Error, Equatable, Sendable, CustomStringConvertible {
  /// The row as `file:line`.
  public let place: String
  /// The folder of the base, or of the adapter on it.
  public let model: String

  /// Refuses losses of which one is no number.
  static func check(
    _ losses: [DocumentLoss], of rows: [ArchiveRow], by model: String
  ) throws(NonFiniteScore) {
    for (row, loss) in zip(rows, losses) where !loss.nats.isFinite {
      throw NonFiniteScore(place: row.place, model: model)
    }
  }

  /// What was found, what was expected and what to do.
  public var description: String {
    "\(place): found a loss of NaN or infinity with \(model); expected a finite number. Its weights are damaged, or too"
      + " large for the arithmetic: get them anew, or compute with --compute f32."
  }
}
