import Files

/// The rows that a run has seen, each by its text, so that later runs can tell new rows from old and held-out rows
/// from those that were trained on, however the file has grown and wherever it lies.
public struct RowPins: Equatable, Sendable {
  /// The pins of the rows that were trained on.
  public let training: Set<String>
  /// The pins of the rows that were held out.
  public let heldOut: Set<String>

  /// - Parameter trainedBefore: the pins of the rows that the adapter to begin with was trained on.
  init(_ dataset: Dataset, trainedBefore: Set<String>) {
    let heldOutRows = Set(dataset.heldOutRows)
    training = trainedBefore.union(
      dataset.rows.indices.filter { !heldOutRows.contains($0) }.map { dataset.rows[$0].pin })
    heldOut = Set(heldOutRows.map { dataset.rows[$0].pin })
  }

  /// Reads the pins of a run's record; nil where it has none.
  public init?(record: JSONValue) {
    let pins = record["data"]?["pins"]
    guard let training = pins?["training"]?.arrayValue, let heldOut = pins?["held_out"]?.arrayValue else {
      return nil
    }
    self.training = Set(training.compactMap(\.stringValue))
    self.heldOut = Set(heldOut.compactMap(\.stringValue))
  }

  /// All of them.
  public var all: Set<String> { training.union(heldOut) }

  /// The pins in ascending order.
  var json: JSONValue {
    [
      "training": .array(training.sorted().map { .string($0) }),
      "held_out": .array(heldOut.sorted().map { .string($0) }),
    ]
  }

  /// The fingerprint of what the run was judged by: the held-out pins in ascending order, a line each.
  var evaluation: Fingerprint { Fingerprint(of: Array(heldOut.sorted().joined(separator: "\n").utf8)) }
}

extension ArchiveRow {
  /// The first 64 bits of the SHA-256 of what is learned of the row, in lower case with white space collapsed, as
  /// hexadecimal digits. That any two of a million rows share one by chance has a probability of 3·10⁻⁸.
  package var pin: String {
    let text =
      switch content {
      case .post(_, _, let text), .text(let text), .edit(_, _, _, let text): text
      case .completion(let prompt, let completion): prompt + "\n" + completion
      case .chat(let messages): messages.map(\.content).joined(separator: "\n")
      }
    return String(DocumentTexts.fingerprint(of: text).hex.prefix(16))
  }
}
