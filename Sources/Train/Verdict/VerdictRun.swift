import Foundation
import Model
import Tensor

/// Judges an adapter: whether it beats the base with pieces of the archive in its prompt, on posts that were held out.
public struct VerdictRun: Equatable, Sendable {
  /// The base's folder.
  public var basePath: String
  /// The adapter's folder.
  public var adapterPath: String
  /// What the adapter was trained on; empty for what its `run.json` names.
  public var archives: [String] = []
  /// Files of posts that were held out; empty for those that the adapter's run held out of its archives.
  public var heldOut: [String] = []
  /// Archives by other writers, a file a writer.
  public var others: [String] = []
  /// Files of outputs of systems from outside, each named after its system.
  public var outputs: [String] = []
  /// The drafts of a piece by each system, each from a sampling seed of its own.
  public var samples = 3
  /// The most pieces that drafts are written for; all held-out pieces are scored.
  public var maxPieces = 24
  /// The most tokens of a prompt and what follows; nil for the base's context or 2048, whichever is less.
  public var window: Int?
  /// How tokens are chosen.
  public var sampling = SamplingOptions()
  /// The seed of drafts and bootstrap.
  public var seed: UInt64 = 0
  /// What an hour of this machine costs; nil leaves costs out.
  public var pricePerHour: Double?
  /// The arithmetic of the base's matrix products.
  public var compute = TrainingOptions.Compute.automatic
  /// What the base's weights are rounded to; nil leaves them as they are.
  public var quantization: WeightQuantization?
  /// Whether rows that cannot be read are left out, and counted, instead of ending the run. Those that the adapter's run
  /// left out are left out in any case.
  public var skipsBadRows = false
  /// The threads; nil for every processor.
  public var threads: Int?

  /// Describes a run; nothing is read before `start`.
  public init(basePath: String, adapterPath: String) {
    self.basePath = basePath
    self.adapterPath = adapterPath
  }

  /// Scores, drafts, compares and decides. Nothing is written but finished drafts, so that a run which was broken off
  /// goes on where it was.
  ///
  /// - Throws: ``VerdictInputError``, ``GateInputError`` for outputs that cannot be used, ``AdapterMismatch``, and the
  ///   errors of base, adapter and archives.
  public func start(onEvent: (VerdictEvent) -> Void = { _ in }) throws -> VerdictOutcome {
    try check()
    let pool = ThreadPool(threadCount: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let record = try RunRecord.read(adapterPath)
    if let record, !RunRecord.isFinished(record) { throw VerdictInputError.unfinished(adapter: adapterPath) }
    let base = try BaseModel(
      path: basePath, holding: compute.holding(quantization), pool: pool)
    let fingerprints = try BaseFingerprints(path: basePath)
    try AdapterFingerprint.check(adapterPath, for: base, fingerprints: fingerprints)
    let adapter = try AdapterFolder.read(adapterPath, for: base.configuration)
    let window = min(base.configuration.contextLength, window ?? FewShotPrompt.window)

    let data = try VerdictData(self, record: record, base: base, window: window)
    let external = try outputs.map { try ExternalOutputs($0, pieces: data.pieces) }
    let systems = LocalSystems(
      base: base, adapter: adapter, data: data, window: window, dtype: compute.dtype, pool: pool)
    // A folder that takes no file is noticed before anything is computed.
    let store = try DraftStore(adapterPath, try systems.fingerprint(self, base: fingerprints.base))
    onEvent(.prepared(data.pieces.count, drafted: drafted(of: data.pieces).count, notes: data.notes))

    let losses = systems.losses { onEvent(.scored($0, $1.total)) }
    let others = data.others.isEmpty ? nil : systems.othersLosses()
    let places = drafted(of: data.pieces)
    var drafts = try systems.drafts(self, of: places, store: store) { onEvent(.drafted($0, of: $1)) }
    for outputs in external { drafts[outputs.system] = places.map { [outputs.drafts[$0]] } }

    onEvent(.comparing)
    return VerdictOutcome(
      self, data: data, places: places, losses: losses, others: others, drafts: drafts,
      order: ComparedSystem.local + external.map(\.system), record: record, window: window,
      base: fingerprints.base)
  }

  /// The pieces that drafts are written for, spread over all of them.
  private func drafted(of pieces: [HeldOutPiece]) -> [Int] {
    let count = min(maxPieces, pieces.count)
    return (0..<count).map { $0 * pieces.count / count }
  }

  private func check() throws(VerdictInputError) {
    for (flag, count, range) in [
      ("--samples", samples, 1...1000), ("--max-pieces", maxPieces, 1...1_000_000),
      ("--max-seq-length", window, Self.leastWindow...1_048_576), ("--threads", threads, 1...1024),
    ] {
      if let count, !range.contains(count) {
        throw .setting(
          flag: flag, found: "\(count)",
          expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
    }
    if let price = pricePerHour, !(price >= 0 && price.isFinite) {
      throw .setting(flag: "--price-per-hour", found: "\(price)", expected: "a number from 0")
    }
    if !sampling.hasUsableTemperature {
      throw .setting(
        flag: "--temperature", found: "\(sampling.temperature)", expected: SamplingOptions.usableTemperature)
    }
    try checkOutputs()
  }

  /// Systems are told apart by name, in drafts and in tables.
  private func checkOutputs() throws(VerdictInputError) {
    var owners: [String: String] = [:]
    for system in ComparedSystem.local { owners[system.name] = "the \(system.name) that runs here" }
    for path in outputs {
      let name = GateSystem(path: path).name
      if let owner = owners.updateValue(path, forKey: name) {
        throw .setting(
          flag: "--outputs", found: "\(path) with the name \"\(name)\" of \(owner)",
          expected: "a file name of its own for each system")
      }
    }
  }

  /// The shortest window: half of it holds a short seed or a short draft. A post with a longer seed is not scored in it.
  static let leastWindow = 64
}

/// What happens while an adapter is judged, in order.
public enum VerdictEvent: Sendable {
  /// So many held-out pieces were found; drafts will be written for some of them.
  case prepared(Int, drafted: Int, notes: [String])
  /// A system was scored on all of them.
  case scored(ComparedSystem, DocumentLoss)
  /// So many drafts are written.
  case drafted(Int, of: Int)
  /// All drafts are written and are being compared.
  case comparing
}
