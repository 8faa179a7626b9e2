import Files
import Foundation
import Model
import Train

/// What a refit would do, and why it should.
public struct RefitPlan: Equatable, Sendable {
  /// The adapter in use.
  public let adapter: AdapterStanding
  /// The base that it is for; nil where that is not to be found any more.
  public let oldBase: String?
  /// The base of the new adapter.
  public let base: String
  /// The files to train on.
  public let archives: [String]
  /// The recipe.
  public let options: TrainingOptions
  /// Why; empty where nothing asks for it.
  public let reasons: [RefitReason]
  /// The rows that have come since the last training.
  public let newRows: Int
  /// Whether `ghost.yaml` names an adapter.
  let namesAdapter: Bool
  /// Whether `ghost.yaml` names a base.
  let namesBase: Bool

  /// Reads what there is to train on and to compare.
  ///
  /// - Parameters:
  ///   - model: the base of the new adapter; nil takes the one that drafts are written with.
  ///   - threads: those to work on; nil takes every processor.
  /// - Throws: ``RefitRefusal``; `AdapterMismatch` and `AdapterRefusal` where the adapter is not for the base that
  ///   drafts are written with and no other is given; `TrainingError`; what ``DeskStatus`` throws.
  public init(_ desk: Desk, model: String? = nil, threads: Int? = nil, at date: Date = .now) throws {
    let status = try DeskStatus(desk, at: date)
    let settings = try DeskSettings(desk.folder)
    guard let adapter = status.adapter else {
      throw RefitRefusal.noAdapter(folder: desk.folder, train: desk.trainCommand)
    }
    guard adapter.isFinished else {
      throw RefitRefusal.unfinished(adapter: adapter.path, resume: desk.resumeCommand(adapter))
    }
    guard let record = try RunRecord.read(adapter.path), adapter.rows != nil, let newRows = status.newRows
    else { throw RefitRefusal.noRecord(adapter: adapter.path) }
    var options = try TrainingOptions(record: record, path: "\(adapter.path)/\(RunRecord.name)")
    guard options.validFraction > 0 else { throw RefitRefusal.nothingHeldOut(adapter: adapter.path) }
    if let model {
      base = model
      // The recipe's window may be longer than the new base can read.
      let context = try ModelConfiguration(contentsOf: "\(model)/config.json").contextLength
      options.maxSequenceLength = options.maxSequenceLength.map { min($0, context) }
      oldBase = try RefitPlan.base(of: adapter, among: [settings.base, adapter.base].compactMap(\.self))
    } else {
      base = try DraftRequest.resolvedBase(settings.base, adapter: adapter.path)
      try AdapterFingerprint.check(adapter.path, basePath: base)
      oldBase = base
    }
    options.threads = threads
    namesAdapter = settings.adapter != nil
    namesBase = settings.base != nil
    self.adapter = adapter
    self.options = options
    self.newRows = newRows
    archives = try RefitPlan.archives(of: adapter, desk: desk)
    var reasons = status.refitReasons.filter { if case .base = $0 { model == nil } else { true } }
    if let model { reasons.append(.base(model)) }
    self.reasons = reasons
  }

  /// The first folder that holds the base which an adapter was trained on.
  private static func base(of adapter: AdapterStanding, among folders: [String]) throws -> String? {
    try folders.first { folder in
      guard FileManager.default.fileExists(atPath: "\(folder)/config.json") else { return false }
      return try BaseModel.fingerprint(path: folder).hex == adapter.baseFingerprint
    }
  }

  /// The files that an adapter was trained on, and the desk's own archive.
  private static func archives(of adapter: AdapterStanding, desk: Desk) throws(RefitRefusal) -> [String] {
    var found: [String] = []
    func add(_ path: String) {
      let isKnown = found.contains { AtomicFile.target(of: $0) == AtomicFile.target(of: path) }
      if !isKnown { found.append(path) }
    }
    for archive in adapter.archives {
      guard let path = desk.located(archive, of: adapter) else {
        throw .missingArchive(path: archive.path, adapter: adapter.path)
      }
      add(path)
    }
    if FileManager.default.fileExists(atPath: desk.archivePath) { add(desk.archivePath) }
    return found
  }

  /// Why and what, for people, a line each.
  public var lines: [String] {
    let why = reasons.isEmpty ? ["nothing asks for a refit: \(quiet)"] : reasons.map(\.text)
    return why.enumerated().map { ($0.offset == 0 ? "because  " : "         ") + $0.element }
      + ["refit    \(adapter.path) on \(base), with \(NumberText.counted(newRows, "new row"))"]
  }

  /// The same as one JSON object.
  public var json: JSONValue {
    [
      "adapter": .string(adapter.path), "base": .string(base),
      "archives": .array(archives.map { .string($0) }), "rows_since_training": .integer(Int64(newRows)),
      "reasons": .array(reasons.map { .string($0.text) }),
    ]
  }

  private var quiet: String {
    "\(NumberText.counted(newRows, "row")) of the \(DeskStatus.rowsWorthTraining) that make one worth while"
      + " came since the last training"
  }
}
