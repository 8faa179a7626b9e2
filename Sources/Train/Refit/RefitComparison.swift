import Foundation
import Model
import Tensor

/// An adapter in use, the base of a new adapter with examples in its prompt, and the new adapter, side by side on rows
/// that neither adapter was trained on.
///
/// The measure is bits per byte of what is learned of a row, which compares across tokenizers.
public struct RefitComparison: Sendable {
  /// An adapter and the base that it is for.
  public struct System: Equatable, Sendable {
    /// The base's folder.
    public let base: String
    /// The adapter's folder.
    public let adapter: String

    /// Names both folders.
    public init(base: String, adapter: String) {
      self.base = base
      self.adapter = adapter
    }
  }

  /// The most documents that are scored, spread over the archive: with examples in the prompt each takes a whole
  /// window, and a hundred of them tell a hundredth of a bit.
  static let mostDocuments = 100

  private let old: System?
  private let new: System
  private let archives: [String]
  private let options: TrainingOptions

  /// Describes a comparison; nothing is read before `start`.
  ///
  /// - Parameters:
  ///   - old: the adapter in use; nil where its base is gone, so that nothing can be computed with it.
  ///   - archives: the files that the new adapter was trained on.
  ///   - options: its recipe.
  public init(old: System?, new: System, archives: [String], options: TrainingOptions) {
    self.old = old
    self.new = new
    self.archives = archives
    self.options = options
  }

  /// Scores all three.
  ///
  /// - Parameter trained: the rows that the old adapter was trained on; those held out now are left out where they
  ///   or their duplicates are among them.
  /// - Throws: ``RefitError/nothingToCompareBy(archives:)``, the refusals of ``AdapterFingerprint``, and the errors
  ///   of bases, adapters and archives.
  public func start(trainedBefore trained: Set<String>) throws -> RefitScores {
    let pool = ThreadPool(threadCount: options.threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let archive = try Archive(paths: archives, skipBadRows: options.skipsBadRows)
    let base = try BaseModel(path: new.base, holding: options.holding, pool: pool)
    let dataset = try Dataset(
      archive, tokenizer: BaseTokenCoder(base),
      settings: Dataset.Settings(
        maxSequenceLength: try options.sequenceLength(for: base), masksPrompt: options.masksPrompt,
        validFraction: options.validFraction))
    let documents = RefitComparison.documents(dataset, trainedBefore: trained)
    guard !documents.isEmpty else { throw RefitError.nothingToCompareBy(archives: archives) }
    let rows = documents.flatMap(\.self)

    func scores(_ base: BaseModel, _ score: (RowScorer) throws -> [DocumentLoss]) throws -> [DocumentLoss] {
      let losses = try score(RowScorer(base, options: options, pool: pool))
      var places = rows.indices.makeIterator()
      return documents.map { $0.compactMap { _ in places.next() }.map { losses[$0] }.total }
    }
    let heldOut = rows.map { dataset.rows[$0] }
    let newLosses = try scores(base) { try $0.losses(heldOut, adapter: new.adapter) }
    let shown = Set(dataset.heldOutRows)
    let examples = dataset.rows.indices.filter { !shown.contains($0) }.map { dataset.rows[$0] }
    let promptedLosses = try scores(base) { $0.promptedLosses(heldOut, examples: examples) }
    let oldLosses = try old.map { old in
      // One base at a time in memory, but for the one that is loaded already.
      let oldBase =
        old.base == new.base
        ? base : try BaseModel(path: old.base, holding: options.holding, pool: pool)
      return try scores(oldBase) { try $0.losses(heldOut, adapter: old.adapter) }
    }
    return RefitScores(old: oldLosses, prompted: promptedLosses, new: newLosses, seed: options.seed)
  }

  /// The held-out rows that no adapter was trained on, a document being a group of duplicates, in file order, and no
  /// more than `most`.
  static func documents(
    _ dataset: Dataset, trainedBefore trained: Set<String>, most: Int = mostDocuments
  ) -> [[Int]] {
    let seen = Set(
      dataset.rows.indices.filter { trained.contains(dataset.rows[$0].pin) }
        .map { dataset.duplicateGroups[$0] })
    let documents = Dictionary(grouping: dataset.heldOutRows) { dataset.duplicateGroups[$0] }
      .filter { !seen.contains($0.key) }
      .sorted { $0.key < $1.key }.map(\.value)
    let count = min(most, documents.count)
    return (0..<count).map { documents[$0 * documents.count / count] }
  }
}

/// Why two adapters cannot be compared.
public enum RefitError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No row is held out of the training of both.
  case nothingToCompareBy(archives: [String])

  /// What was found, what was expected and what to do.
  public var description: String {
    switch self {
    case .nothingToCompareBy(let archives):
      "\(archives.joined(separator: ", ")): found no row that neither adapter was trained on; expected some to compare"
        + " them by. Ship more drafts, or train with a --valid-fraction above 0."
    }
  }
}
