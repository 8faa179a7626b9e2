import Files
import Foundation
import Model
import Train

/// Trains a desk's adapter again, with the rows that came since or for a new base, compares old and new on rows that
/// neither was trained on, keeps the better and moves the other aside.
///
/// The new adapter grows in a place of its own, where nothing looks for adapters, so the old one is in use until the
/// decision is on disk. Interrupted while it trains, a refit goes on where it was; interrupted while it carries the
/// decision out, it is completed.
public struct Refit: Sendable {
  /// What happens in a refit, in order.
  public enum Event: Sendable {
    /// The training that was interrupted goes on.
    case resuming
    /// What an interrupted refit left does not fit any more, since rows, base or recipe changed, and is thrown away.
    case startingAfresh
    /// Something happened in the training.
    case training(FineTuningEvent)
    /// Old, prompted base and new are being scored.
    case comparing
  }

  private let desk: Desk
  private let plan: RefitPlan
  private let shelf: AdapterShelf
  private let date: Date

  /// Describes a refit; nothing happens before ``start(stop:onEvent:)``.
  public init(_ desk: Desk, _ plan: RefitPlan, at date: Date = .now) {
    self.desk = desk
    self.plan = plan
    self.date = date
    shelf = AdapterShelf(desk)
  }

  /// Completes a refit that was interrupted while it carried its decision out.
  ///
  /// - Returns: what it came to; nil where there is none.
  /// - Throws: ``RefitRefusal/damagedDecision(path:)``, `FolderBusy` and file errors.
  public static func complete(_ desk: Desk) throws -> RefitOutcome? {
    let shelf = AdapterShelf(desk)
    guard FileManager.default.fileExists(atPath: shelf.unfinished) else { return nil }
    let lock = try FolderLock(shelf.folder, patience: .seconds(1))
    defer { withExtendedLifetime(lock) {} }
    guard let decision = try RefitDecision.pending(shelf) else { return nil }
    try decision.carryOut(on: desk)
    return decision.outcome
  }

  /// Trains, compares and decides.
  ///
  /// - Returns: what it came to; nil where it was stopped, to be gone on with later.
  /// - Throws: `FolderBusy` where another refit runs; what training and comparing throw.
  public func start(stop: StopRequest, onEvent: (Event) -> Void) throws -> RefitOutcome? {
    try AtomicFile.createDirectory(shelf.unfinished)
    // A refit that could not begin leaves no folder behind.
    defer { AdapterPath.release(shelf.unfinished) }
    let lock = try FolderLock(shelf.folder, patience: .seconds(1))
    defer { withExtendedLifetime(lock) {} }
    let training = FineTuningRun(
      basePath: plan.base, archives: plan.archives, adapterPath: "\(shelf.unfinished)/adapter",
      options: plan.options)
    guard try train(training, stop, onEvent) else { return nil }
    onEvent(.comparing)
    let scores = try RefitComparison(
      old: plan.oldBase.map { RefitComparison.System(base: $0, adapter: plan.adapter.path) },
      new: RefitComparison.System(base: plan.base, adapter: training.adapterPath),
      archives: plan.archives, options: plan.options
    ).start(trainedBefore: plan.adapter.rows?.training ?? [])
    let decision = decide(scores, training.adapterPath)
    for folder in [plan.adapter.path, training.adapterPath] {
      try RefitRecord.write(decision.outcome.report, to: folder)
    }
    try decision.write(shelf)
    try decision.carryOut(on: desk)
    return decision.outcome
  }

  // MARK: Training

  /// Trains, or goes on with what an interrupted refit left. Returns false where it was stopped.
  private func train(
    _ run: FineTuningRun, _ stop: StopRequest, _ onEvent: (Event) -> Void
  ) throws -> Bool {
    if try isTrained(run) { return true }
    var run = run
    if AdapterPath.content(of: run.adapterPath) == .checkpoint {
      run.resumes = true
      onEvent(.resuming)
      do {
        return try run.start(stop: stop) { onEvent(.training($0)) } != nil
      } catch TrainingError.checkpoint {
        run.resumes = false
      }
    }
    if FileManager.default.fileExists(atPath: run.adapterPath) {
      onEvent(.startingAfresh)
      try Folder.remove(run.adapterPath)
    }
    return try run.start(stop: stop) { onEvent(.training($0)) } != nil
  }

  /// Whether an interrupted refit has finished this very training.
  private func isTrained(_ run: FineTuningRun) throws -> Bool {
    guard let record = try RunRecord.read(run.adapterPath), RunRecord.isFinished(record) else { return false }
    let settings = record["settings"]
    let archives = try run.archives.map { JSONValue.string(try Fingerprint(contentsOf: $0).hex) }
    guard settings?["archive_sha256"] == .array(archives),
      settings?["base_sha256"]?.stringValue == (try BaseModel.fingerprint(path: run.basePath).hex)
    else { return false }
    var options = try TrainingOptions(record: record, path: "\(run.adapterPath)/\(RunRecord.name)")
    options.threads = run.options.threads
    return options == run.options
  }

  // MARK: Deciding

  private func decide(_ scores: RefitScores, _ trained: String) -> RefitDecision {
    let old = plan.adapter.path
    let new = shelf.next(forArchive: plan.archives.first ?? desk.archivePath)
    let keepsNew = scores.choice == .new
    let retiredNew = keepsNew ? nil : shelf.retired(new, at: date)
    let retiredOld =
      scores.choice == .old || !shelf.holds(old) ? nil : shelf.retired(old, at: date)
    let kept = keepsNew ? new : scores.choice == .old ? old : nil

    var lines = scores.lines(old: old, prompted: "\(plan.base), prompted", new: new)
    let subject = kept ?? "\(plan.base) without an adapter"
    lines.append("keep     \(subject): \(scores.reason)")
    if scores.choice != .old, plan.oldBase == nil {
      lines.append("         the base of \(old) is not to be found any more, so it could not be scored")
    }
    for (name, place) in [(old, retiredOld), (new, retiredNew)] {
      if let place { lines.append("retire   \(name), which is now \(place)") }
    }
    if scores.choice != .old, retiredOld == nil {
      lines.append("retire   \(old), which stays where it is, outside of this workspace")
    }
    return RefitDecision(
      steps: RefitDecision.steps(
        scores.choice,
        RefitDecision.Places(
          trained: desk.local(trained), old: desk.local(old), new: desk.local(new),
          retiredOld: retiredOld.map(desk.local), retiredNew: retiredNew.map(desk.local),
          newBase: plan.base == plan.oldBase ? nil : desk.local(plan.base), namesAdapter: plan.namesAdapter,
          namesBase: plan.namesBase)),
      outcome: RefitOutcome(
        choice: scores.choice, kept: kept, lines: lines,
        report: [
          "date": .string(date.formatted(.iso8601)),
          "sunset": .string(Sunset.day(plan.options.sunsetDays, after: date)),
          "old": .string(old), "old_base": plan.oldBase.map { .string($0) } ?? .null, "new": .string(new),
          "base": .string(plan.base), "retired_old": retiredOld.map { .string($0) } ?? .null,
          "retired_new": retiredNew.map { .string($0) } ?? .null, "new_rows": .integer(Int64(plan.newRows)),
          "scores": scores.json,
        ]))
  }
}
