import Files
import Foundation
import Model
import Tensor

/// Trains an adapter for a base on an archive: archive in, adapter folder out, with a verdict.
///
/// The adapter kept is the best by held-out loss. Beside it lie `run.json`, which says how it was made, and until
/// the run is finished a checkpoint to resume from.
public struct FineTuningRun: Equatable, Sendable {
  /// The base's folder.
  public var basePath: String
  /// The archive's files.
  public var archives: [String]
  /// Where the adapter goes.
  public var adapterPath: String
  /// The settings.
  public var options: TrainingOptions
  /// Whether to continue from the checkpoint in the adapter's folder.
  public var resumes: Bool

  /// Describes a run; nothing is read before `start`.
  public init(
    basePath: String, archives: [String], adapterPath: String, options: TrainingOptions, resumes: Bool = false
  ) {
    self.basePath = basePath
    self.archives = archives
    self.adapterPath = adapterPath
    self.options = options
    self.resumes = resumes
  }

  /// Three rows as the model sees them, learned text set apart, without training anything.
  public func maskPreview(style: MaskPreview.Style) throws -> String {
    let prepared = try PreparedRun(base: basePath, archives: archives, options: options)
    return MaskPreview(tokenizer: BaseTokenCoder(prepared.base), style: style).text(prepared.dataset)
  }

  /// Runs to the end, or until `stop` is set.
  ///
  /// - Returns: what it came to; nil where it was stopped, its checkpoint then being on disk.
  /// - Throws: what makes a run impossible before its first step, `TrainingError.nonFinite` and file errors.
  public func start(
    stop: StopRequest, onEvent: (FineTuningEvent) -> Void
  ) throws -> FineTuningOutcome? {
    try options.check()
    try checkFolder()
    let prepared = try PreparedRun(base: basePath, archives: archives, options: options)
    // The folder is made before the first step, so that a read-only place is noticed before hours of work.
    try AtomicFile.createDirectory(adapterPath)
    return try FineTuningSession(self, prepared).run(stop: stop, onEvent: onEvent)
  }

  /// Refuses to write over an adapter or a checkpoint, and to resume where there is none.
  private func checkFolder() throws {
    let content = AdapterPath.content(of: adapterPath)
    if resumes, content != .checkpoint {
      throw TrainingError.nothingToResume(path: adapterPath, holds: content)
    }
    if !resumes, content != .nothing { throw TrainingError.folderTaken(path: adapterPath, holds: content) }
  }
}

/// One run in progress.
final class FineTuningSession {
  let run: FineTuningRun
  let prepared: PreparedRun
  let engine: TrainingEngine
  let settings: JSONValue
  private let optimizer: AdamWOptimizer
  private let baseDecoder: Decoder
  /// The best adapter so far, laid out as its parameters.
  private let best: Storage
  private var plan: StepPlan
  private var state: FineTuningState

  init(_ run: FineTuningRun, _ prepared: PreparedRun) throws {
    self.run = run
    self.prepared = prepared
    plan = prepared.stepPlan
    settings = try RunRecord.settings(run, prepared)
    let parameters = prepared.adapter.parameters
    optimizer = AdamWOptimizer(parameters, weightDecay: run.options.weightDecay)
    best = Storage(count: parameters.values.count)
    baseDecoder = prepared.base.decoder(
      adapter: nil, maxPositions: prepared.maxSequenceLength, pool: prepared.pool)
    try prepared.memoryPlan.check()
    engine = TrainingEngine(
      prepared.decoder, optimizer: optimizer, capacity: prepared.capacity,
      recomputesLayers: run.options.recomputesLayers)
    state = FineTuningState(peakLearningRate: 0)
  }

  private var checkpointPath: String { "\(run.adapterPath)/\(TrainingCheckpoint.name)" }
  private var blocks: [(name: String, storage: Storage)] {
    [("values", prepared.adapter.parameters.values), ("best_values", best)] + optimizer.state
  }

  func run(stop: StopRequest, onEvent: (FineTuningEvent) -> Void) throws -> FineTuningOutcome? {
    let size = TrainingSize(
      trainableParameters: prepared.adapter.parameters.parameterCount,
      baseParameters: prepared.base.configuration.parameterCount, steps: plan.totalSteps,
      tokens: plan.tokenCount { [examples = prepared.dataset.training] in examples[$0].inputCount })
    onEvent(.prepared(prepared.dataset.report, prepared.memoryPlan, size))
    if run.resumes {
      try restore()
      onEvent(.resumed(step: state.step))
    }

    let began = ContinuousClock().now
    let baseLosses = prepared.evaluation?.losses(engine, with: baseDecoder)
    let estimate = estimatedSeconds(size, evaluation: (ContinuousClock().now - began) / .seconds(1))
    onEvent(
      .baseline(baseLosses.map { prepared.dataset.heldOutLosses($0).total }, estimatedSeconds: estimate))

    let drafts = SampleDrafts(prepared)
    if let draft = drafts.first(with: baseDecoder) { onEvent(.draft(draft, .before)) }

    if !run.resumes {
      state = FineTuningState(peakLearningRate: try peakLearningRate(onEvent))
      try evaluate(onEvent)
    }
    do {
      guard try train(stop, onEvent) else {
        onEvent(.stopped(step: state.step, checkpoint: checkpointPath))
        return nil
      }
    } catch let error as TrainingError {
      // The last good adapter is the best so far, or the one that the run began with where none was scored yet.
      copy(best, to: prepared.adapter.parameters.values)
      try writeAdapter()
      throw error
    }

    copy(best, to: prepared.adapter.parameters.values)
    let comparison = baseLosses.flatMap { losses -> HeldOutComparison? in
      guard let evaluation = prepared.evaluation else { return nil }
      return HeldOutComparison(
        base: prepared.dataset.heldOutLosses(losses),
        adapter: prepared.dataset.heldOutLosses(evaluation.losses(engine)), seed: run.options.seed)
    }
    try writeAdapter()
    let selfTest = try selfTest()
    let after = drafts.all(with: prepared.decoder)
    if let draft = after.first { onEvent(.draft(draft, .after)) }
    let outcome = FineTuningOutcome(
      adapterPath: run.adapterPath, keptStep: state.bestStep, comparison: comparison, selfTest: selfTest,
      endings: DraftEndings(ended: after.filter(\.endedByItself).count, drafts: after.count),
      trainingSeconds: state.steps.reduce(0) { $0 + $1.seconds },
      trainingTokens: state.steps.reduce(0) { $0 + $1.tokens }, peakBytes: MemoryPlan.peakResidentBytes())
    try RunRecord.write(settings: settings, state: state, outcome: outcome, dataset: prepared.dataset)
    // A finished run has nothing to resume.
    try? FileManager.default.removeItem(atPath: checkpointPath)
    onEvent(.finished(outcome))
    return outcome
  }

  /// Trains to the last step. Returns false where it was asked to stop before.
  private func train(_ stop: StopRequest, _ onEvent: (FineTuningEvent) -> Void) throws -> Bool {
    let options = run.options
    let schedule = LearningRateSchedule(
      shape: options.schedule, peak: state.peakLearningRate, warmupRatio: options.warmupRatio,
      totalSteps: plan.totalSteps)
    while state.step < plan.totalSteps {
      if stop.isStopping {
        try writeCheckpoint()
        return false
      }
      let number = state.step + 1
      let rate = schedule.rate(step: number)
      let result = try takeStep(number, learningRate: rate)
      state.steps.append(
        FineTuningState.StepRecord(
          loss: result.loss, gradientNorm: result.gradientNorm, learningRate: rate, tokens: result.tokens,
          labels: result.labels, seconds: result.seconds))
      onEvent(
        .step(
          number: number, of: plan.totalSteps, epoch: plan.epoch(ofStep: number), learningRate: rate,
          result: result))
      if plan.evaluations.contains(number) { try evaluate(onEvent) }
    }
    return true
  }

  private func takeStep(_ number: Int, learningRate: Double) throws -> StepResult {
    let batches = plan.batches(ofStep: number).map { indices in
      var batch = Batch()
      batch.fill(with: indices, of: prepared.dataset.training)
      return batch
    }
    var dropout = RandomSource(seed: run.options.seed, stream: "dropout of step \(number)")
    return try engine.step(
      batches, number: number, learningRate: learningRate,
      maxGradientNorm: run.options.maxGradientNorm,
      dropoutSeed: prepared.adapter.configuration.dropout > 0 ? dropout.next() : nil)
  }

  /// Scores the held-out side, keeps the adapter where it is the best so far, and writes a checkpoint. Without a
  /// held-out side the newest adapter is the one kept.
  private func evaluate(_ onEvent: (FineTuningEvent) -> Void) throws {
    if let evaluation = prepared.evaluation {
      let loss = prepared.dataset.heldOutLosses(evaluation.losses(engine)).total
      guard loss.nats.isFinite else {
        throw TrainingError.nonFinite(step: state.step, loss: loss.loss, gradientNorm: 0)
      }
      // The adapter that a run begins with is kept only until any step was taken: a writer who trains wants to
      // see what training gives, and the verdict says whether it is worth keeping.
      let isBest = state.bestStep == 0 || loss.loss < (state.bestLoss ?? .infinity)
      if state.step > 0 {
        state.evaluations.append(
          FineTuningState.EvaluationRecord(step: state.step, loss: loss.loss, bitsPerByte: loss.bitsPerByte))
      }
      if isBest { try keepBest() }
      try writeCheckpoint()
      onEvent(.evaluated(step: state.step, loss: loss, isBest: isBest))
    } else {
      try keepBest()
      try writeCheckpoint()
    }
  }

  private func keepBest() throws {
    state.bestStep = state.step
    copy(prepared.adapter.parameters.values, to: best)
    if state.step > 0 { try writeAdapter() }
  }

  private func copy(_ source: Storage, to destination: Storage) {
    destination.base.update(from: source.base, count: source.count)
  }

  private func writeAdapter() throws {
    try AdapterFolder.write(prepared.adapter, to: run.adapterPath, base: run.basePath)
  }

  private func writeCheckpoint() throws {
    try TrainingCheckpoint.write(
      blocks, state: ["settings": settings, "state": state.json], to: checkpointPath)
  }

  /// Continues from the checkpoint, refusing one of another run.
  private func restore() throws {
    let json = try TrainingCheckpoint.readState(checkpointPath)
    for (name, value) in settings.objectValue?.members ?? [] where json["settings"]?[name] != value {
      throw TrainingError.checkpoint(
        path: checkpointPath,
        problem: "was written by a run with another \(name); expected the settings, base and archive that the"
          + " run began with. Give them again, or train afresh without --resume.")
    }
    guard let restored = json["state"].flatMap(FineTuningState.init(json:)) else {
      throw TrainingError.checkpoint(
        path: checkpointPath, problem: "holds no readable state; expected one. Train afresh without --resume."
      )
    }
    try TrainingCheckpoint.read(checkpointPath, into: blocks)
    state = restored
    optimizer.step = state.step
  }

  /// The given peak, or the best of three by held-out bits per byte after a short probe of each.
  private func peakLearningRate(_ onEvent: (FineTuningEvent) -> Void) throws -> Double {
    if case .value(let rate) = run.options.learningRate { return rate }
    guard let evaluation = prepared.evaluation else {
      throw TrainingError.setting(
        "--learning-rate is auto and nothing is held out; expected held-out documents to compare rates on."
          + " Raise --valid-fraction or give a rate.")
    }
    copy(prepared.adapter.parameters.values, to: best)
    let probeSteps = min(30, plan.totalSteps)
    var scores: [(rate: Double, bits: Double)] = []
    for rate in [1e-4, 3e-4, 1e-3] {
      let schedule = LearningRateSchedule(
        shape: .constant, peak: rate, warmupRatio: run.options.warmupRatio, totalSteps: probeSteps)
      var bits = Double.infinity
      do {
        for number in 1...probeSteps {
          _ = try takeStep(number, learningRate: schedule.rate(step: number))
        }
        let score = prepared.dataset.heldOutLosses(evaluation.losses(engine)).total.bitsPerByte
        if score.isFinite { bits = score }
      } catch TrainingError.nonFinite {
        // A rate that diverges has lost the probe.
      }
      onEvent(.probed(learningRate: rate, bitsPerByte: bits))
      scores.append((rate, bits))
      copy(best, to: prepared.adapter.parameters.values)
      for block in optimizer.state { block.storage.base.update(repeating: 0, count: block.storage.count) }
      optimizer.step = 0
    }
    return scores.min { $0.bits < $1.bits }?.rate ?? 3e-4
  }

  private func selfTest() throws -> AdapterSelfTest {
    var batch = Batch()
    batch.fill(with: prepared.packing.batches(epoch: 0)[0], of: prepared.dataset.training)
    return try AdapterSelfTest(
      run.adapterPath, base: prepared.base, engine: engine, batch: batch,
      maxPositions: prepared.maxSequenceLength)
  }

  /// Forward and backward of frozen layers with an adapter cost somewhat over twice a forward (4N + small change
  /// against 2N operations a token), and the held-out side is scored four times an epoch and twice at the end.
  private func estimatedSeconds(_ size: TrainingSize, evaluation seconds: Double) -> Double {
    guard let evaluation = prepared.evaluation, evaluation.tokenCount > 0 else { return .nan }
    let forward = seconds / Double(evaluation.tokenCount)
    return 2.2 * forward * Double(size.tokens) + seconds * Double(plan.evaluations.count + 2)
  }
}
