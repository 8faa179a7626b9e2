import Files
import Foundation

/// What comparing an old adapter, a prompted base and a new adapter gave, and which adapter to keep.
public struct RefitScores: Equatable, Sendable {
  /// Fewer documents than this are no evidence that a prompt does as well as an adapter.
  public static let fewestDocuments = 12

  /// Which adapter to draft with.
  public enum Choice: String, Equatable, Sendable {
    case old, new
    /// No adapter: the base with examples in its prompt does as well.
    case neither
  }

  /// The documents compared.
  public let documents: Int
  /// The old adapter; nil where its base is gone.
  public let old: DocumentLoss?
  /// The base of the new adapter with examples in its prompt.
  public let prompted: DocumentLoss
  /// The new adapter.
  public let new: DocumentLoss
  /// Bits per byte of the prompted base less those of the old adapter.
  public let oldSaves: PairedBootstrap?
  /// Bits per byte of the prompted base less those of the new adapter.
  public let newSaves: PairedBootstrap
  /// Bits per byte of the old adapter less those of the new one.
  public let newOverOld: PairedBootstrap?

  /// Compares the losses of the same documents in the same order, at least one.
  init(old: [DocumentLoss]?, prompted: [DocumentLoss], new: [DocumentLoss], seed: UInt64) {
    documents = new.count
    self.old = old?.total
    self.prompted = prompted.total
    self.new = new.total
    oldSaves = old.map { PairedBootstrap(base: prompted, adapter: $0, seed: seed) }
    newSaves = PairedBootstrap(base: prompted, adapter: new, seed: seed)
    newOverOld = old.map { PairedBootstrap(base: $0, adapter: new, seed: seed) }
  }

  /// Whether there are enough documents to retire an adapter for a prompt.
  public var isEvidence: Bool { documents >= Self.fewestDocuments }

  /// The adapter to keep. One earns its place by saving bits beside the prompted base with the whole 95 % interval;
  /// of those that do, the one with fewer bits per byte is kept, since both cost the same to run, and the new one where
  /// they are equal. With too few documents to say that, the one with fewer bits is.
  public var choice: Choice {
    let newEarns = !isEvidence || newSaves.lower > 0
    guard let old, let oldSaves, !isEvidence || oldSaves.lower > 0 else { return newEarns ? .new : .neither }
    guard newEarns else { return .old }
    return old.bitsPerByte < new.bitsPerByte ? .old : .new
  }

  /// Why, as the end of a sentence.
  public var reason: String {
    let few = "too few for a verdict beside a prompt"
    let count = NumberText.counted(documents, "held-out document")
    let evidence = isEvidence ? "over \(count)" : "over \(count), \(few)"
    let both = newOverOld.map {
      String(
        format: "%.3f bits per byte (95 %% interval of the difference %+.3f to %+.3f, ",
        abs($0.difference), $0.lower, $0.upper) + evidence + ")"
    }
    func promptText(_ saves: PairedBootstrap) -> String {
      String(format: "(95 %% interval %+.3f to %+.3f, ", saves.lower, saves.upper) + evidence + ")"
    }
    switch choice {
    case .neither:
      return "the prompted base is as good \(promptText(newSaves))"
    case .new where both == nil:
      return String(format: "it saves %.3f bits per byte beside the prompted base ", newSaves.difference)
        + promptText(newSaves)
    case .new:
      if let oldSaves, isEvidence, oldSaves.lower <= 0 {
        return "the old one is no better than the prompted base \(promptText(oldSaves))"
      }
      return "it is ahead of the old one by \(both ?? "")"
    case .old:
      if isEvidence, newSaves.lower <= 0 {
        return "the new one is no better than the prompted base \(promptText(newSaves))"
      }
      return "it is ahead of the new one by \(both ?? "")"
    }
  }

  /// The scores as one object.
  public var json: JSONValue {
    [
      "documents": .integer(Int64(documents)), "old": old.map(ScoreJSON.scores) ?? .null,
      "prompted": ScoreJSON.scores(prompted), "new": ScoreJSON.scores(new),
      "old_saves": oldSaves.map(ScoreJSON.interval) ?? .null, "new_saves": ScoreJSON.interval(newSaves),
      "new_over_old": newOverOld.map(ScoreJSON.interval) ?? .null, "keep": .string(choice.rawValue),
      "reason": .string(reason),
    ]
  }

  /// The three systems as a table, each with its name and what it saves beside the prompted base.
  public func lines(old oldName: String, prompted promptedName: String, new newName: String) -> [String] {
    let rows: [(String, DocumentLoss?, PairedBootstrap?)] = [
      (oldName, old, oldSaves), (promptedName, prompted, nil), (newName, new, newSaves),
    ]
    let width = max(14, rows.map(\.0.count).max() ?? 0)
    let head =
      "".padded(to: width) + "  bits per byte   saved beside the prompted base (95 % interval)"
    return [head]
      + rows.map { name, loss, saves in
        let bits = loss.map { NumberText.fixed($0.bitsPerByte, 3) } ?? "–"
        let saved = saves.map {
          String(format: "   %+.3f (%+.3f to %+.3f)", $0.difference, $0.lower, $0.upper)
        }
        return name.padded(to: width) + bits.leftPadded(to: 15) + (saved ?? "")
      }
  }
}
