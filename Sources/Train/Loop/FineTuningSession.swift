import Files
import Foundation
import Model
import Tensor

/// One fine-tuning run in progress.
final class FineTuningSession {
  let run: FineTuningRun
  let prepared: PreparedRun
  private let engine: TrainingEngine
  private let settings: JSONValue
  private let optimizer: AdamWOptimizer
  private let baseDecoder: Decoder
  /// The best adapter so far, laid out as its parameters.
  private let best: Storage
  private var plan: StepPlan
  private var state = FineTuningState()
  private var batches: [Batch]
  private let began = ContinuousClock.now
  private var evaluationSeconds = 0.0
  /// The scores of the pairs to train on before the first step, by document; empty where no term asks for them.
  private let references: [Int32: PreferenceLoss.Scores]

  init(_ run: FineTuningRun, _ prepared: PreparedRun) throws {
    self.run = run
    self.prepared = prepared
    plan = prepared.stepPlan
    settings = try RunRecord.settings(run, prepared)
    let parameters = prepared.adapter.parameters
    optimizer = AdamWOptimizer(parameters, weightDecay: run.options.weightDecay)
    best = Storage(count: parameters.values.count)
    baseDecoder = prepared.base.decoder(
      adapter: nil, dtype: prepared.decoder.dtype, maxPositions: prepared.maxSequenceLength,
      pool: prepared.pool)
    engine = TrainingEngine(
      prepared.decoder, optimizer: optimizer, capacity: prepared.capacity,
      recomputesLayers: run.options.recomputesLayers)
    batches = [Batch(capacity: prepared.capacity)]
    // The reference is the adapter that the run begins with, which a checkpoint is about to replace.
    if let evaluation = prepared.referenceEvaluation, let preference = prepared.pairTerms.preference {
      references = evaluation.scores(engine, preference)
    } else {
      references = [:]
    }
  }

  private var checkpointPath: String { "\(run.adapterPath)/\(TrainingCheckpoint.name)" }
  private var blocks: [(name: String, storage: Storage)] {
    [("values", prepared.adapter.parameters.values), ("best_values", best)] + optimizer.state
  }
  private var clockSeconds: Double { (ContinuousClock.now - began) / .seconds(1) }

  /// Runs to the end, or until `stop` is set: then nil, the checkpoint being on disk.
  func run(stop: StopRequest, onEvent: (FineTuningEvent) -> Void) throws -> FineTuningOutcome? {
    if run.resumes {
      try restore()
      onEvent(.resumed(step: state.step))
    }
    let baseLosses = scoreBase(onEvent)
    let drafts = SampleDrafts(prepared)
    if let draft = try drafts.first(with: baseDecoder) { onEvent(.draft(draft, .before)) }

    let isComplete: Bool
    do {
      isComplete = try begin(stop, onEvent) && train(stop, onEvent)
    } catch TrainingError.nonFinite(let step, let loss, let norm, _) {
      throw TrainingError.nonFinite(
        step: step, loss: loss, gradientNorm: norm, keptStep: state.bestStep > 0 ? state.bestStep : nil)
    }
    guard isComplete else {
      try writeCheckpoint()
      onEvent(.stopped(step: state.step, checkpoint: checkpointPath))
      return nil
    }
    return try finish(baseLosses, drafts, onEvent)
  }

  // MARK: Before the first step

  /// Scores the held-out side with the base alone, and estimates from its time how long training will take.
  private func scoreBase(_ onEvent: (FineTuningEvent) -> Void) -> [DocumentLoss]? {
    let losses = prepared.evaluation.map { score($0, with: baseDecoder) }
    var forward = evaluationSeconds / Double(prepared.evaluation?.tokenCount ?? 1)
    if losses == nil {
      let sample = speedSample()
      // An engine of its own has one set of buffers for all layers. The run's has one for each: to touch them all for
      // a few tokens would make the first step wait for most of its memory.
      let sampler = TrainingEngine(
        baseDecoder, optimizer: nil,
        capacity: BatchCapacity(
          sequences: sample.sequenceCount, tokens: sample.tokenCount, labels: sample.labelCount),
        recomputesLayers: false)
      let began = clockSeconds
      _ = sampler.losses(sample)
      forward = (clockSeconds - began) / Double(sample.tokenCount)
    }
    // Forward and backward of frozen layers with an adapter cost somewhat over twice a forward (4N + small change
    // against 2N operations a token), and a forward more where layers are computed again.
    let cost = run.options.recomputesLayers ? 3.2 : 2.2
    let training = cost * forward * Double(prepared.size.tokens - state.tokens)
    // The held-out side is scored on the way and twice at the ends.
    let scorings = plan.evaluations.filter { $0 > state.step }.count + 2
    onEvent(
      .baseline(
        losses.map { prepared.dataset.heldOutLosses($0).total },
        estimatedSeconds: training + evaluationSeconds * Double(scorings)))
    return losses
  }

  /// What tells the speed where nothing is held out: the first tokens of the first batch, up to some 256, since a whole
  /// batch would delay the first step by a third of it.
  private func speedSample() -> Batch {
    var parts: [TrainingExample] = []
    var left = 256
    for index in plan.batches(ofStep: 1)[0] where left > 1 {
      let example = prepared.dataset.training[index]
      guard example.tokens.count > 1 else { continue }
      parts.append(example.prefix(min(left, example.tokens.count)))
      left -= parts[parts.count - 1].tokens.count
    }
    var batch = Batch()
    batch.fill(with: Array(parts.indices), of: parts)
    return batch
  }

  /// Chooses the learning rate and scores the adapter before the first step, where neither was done yet. Returns
  /// false where the run was asked to stop before.
  private func begin(_ stop: StopRequest, _ onEvent: (FineTuningEvent) -> Void) throws -> Bool {
    guard state.peakLearningRate == nil else { return true }
    switch run.options.learningRate {
    case .value(let rate): state.peakLearningRate = rate
    case .automatic: state.peakLearningRate = try probe(stop, onEvent)
    }
    guard state.peakLearningRate != nil else { return false }
    try evaluate(onEvent)
    return true
  }

  /// The best of three rates by held-out bits per byte after a short probe of each; nil where the run was asked to
  /// stop. Parameters and optimizer are left as they were.
  private func probe(_ stop: StopRequest, _ onEvent: (FineTuningEvent) -> Void) throws -> Double? {
    guard let evaluation = prepared.evaluation else {
      preconditionFailure("a probe without a held-out side to compare rates on")
    }
    let rates = [1e-4, 3e-4, 1e-3]
    copy(prepared.adapter.parameters.values, to: best)
    var winner: (rate: Double, bits: Double)?
    for rate in rates {
      let isComplete = try probe(rate, stop)
      let bits =
        isComplete ? prepared.dataset.heldOutLosses(score(evaluation)).total.bitsPerByte : .infinity
      copy(best, to: prepared.adapter.parameters.values)
      for block in optimizer.state { block.storage.base.update(repeating: 0, count: block.storage.count) }
      optimizer.step = 0
      if stop.isStopping { return nil }
      onEvent(.probed(learningRate: rate, bitsPerByte: bits))
      if bits < winner?.bits ?? .infinity { winner = (rate, bits) }
    }
    guard let winner else {
      throw TrainingError.setting(
        "--learning-rate is auto and all of \(rates.map { "\($0)" }.joined(separator: ", ")) diverge; expected one"
          + " that trains. Give a lower rate.")
    }
    return winner.rate
  }

  /// Trains a few steps at a rate. Returns false where they diverge or the run was asked to stop.
  private func probe(_ rate: Double, _ stop: StopRequest) throws -> Bool {
    let steps = min(30, plan.totalSteps)
    let schedule = LearningRateSchedule(
      shape: .constant, peak: rate, warmupRatio: run.options.warmupRatio, totalSteps: steps)
    do {
      for number in 1...steps {
        if stop.isStopping { return false }
        _ = try takeStep(number, learningRate: schedule.rate(step: number))
      }
    } catch TrainingError.nonFinite {
      return false
    }
    return true
  }

  // MARK: Training

  /// Trains to the last step. Returns false where it was asked to stop before.
  private func train(_ stop: StopRequest, _ onEvent: (FineTuningEvent) -> Void) throws -> Bool {
    let options = run.options
    guard let peak = state.peakLearningRate else { preconditionFailure("training without a learning rate") }
    let schedule = LearningRateSchedule(
      shape: options.schedule, peak: peak, warmupRatio: options.warmupRatio, totalSteps: plan.totalSteps)
    while state.step < plan.totalSteps {
      if stop.isStopping { return false }
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
    fillBatches(ofStep: number)
    var dropout = RandomSource(seed: run.options.seed, stream: "dropout of step \(number)")
    return try engine.step(
      batches, number: number, learningRate: learningRate,
      maxGradientNorm: run.options.maxGradientNorm,
      dropoutSeed: prepared.adapter.configuration.dropout > 0 ? dropout.next() : nil,
      terms: prepared.pairTerms, references: references)
  }

  /// Fills `batches` with those of a step; an epoch's last step may have fewer than the others.
  private func fillBatches(ofStep number: Int) {
    let indices = plan.batches(ofStep: number)
    if batches.count > indices.count { batches.removeLast(batches.count - indices.count) }
    while batches.count < indices.count { batches.append(Batch(capacity: prepared.capacity)) }
    for (place, members) in indices.enumerated() {
      batches[place].fill(with: members, of: prepared.dataset.training)
    }
  }

  /// Scores the held-out side, keeps the adapter where it is the best so far, and writes a checkpoint of what was
  /// done. Without a held-out side the newest adapter is the one kept.
  private func evaluate(_ onEvent: (FineTuningEvent) -> Void) throws {
    guard let evaluation = prepared.evaluation else { return try writeProgress(isBest: true) }
    let loss = prepared.dataset.heldOutLosses(score(evaluation)).total
    guard loss.nats.isFinite else {
      throw TrainingError.nonFinite(step: state.step, loss: loss.loss, gradientNorm: 0)
    }
    // A fresh adapter is the base again, and is kept only until any step was taken: a writer who trains wants to
    // see what training gives, and the verdict says whether it is worth keeping. One that was trained before is
    // a rival like the others.
    let rivals = state.evaluations.filter { $0.step > 0 || run.options.initialAdapter != nil }
    let isBest = rivals.allSatisfy { loss.loss < $0.loss }
    state.evaluations.append(
      FineTuningState.EvaluationRecord(step: state.step, loss: loss.loss, bitsPerByte: loss.bitsPerByte))
    try writeProgress(isBest: isBest)
    onEvent(.evaluated(step: state.step, loss: loss, isBest: isBest))
  }

  private func score(_ evaluation: RowEvaluation, with decoder: Decoder? = nil) -> [DocumentLoss] {
    let began = clockSeconds
    defer { evaluationSeconds += clockSeconds - began }
    return evaluation.losses(engine, with: decoder)
  }

  private func copy(_ source: Storage, to destination: Storage) {
    destination.base.update(from: source.base, count: source.count)
  }

  private func writeAdapter() throws {
    try AdapterFolder.write(prepared.adapter, to: run.adapterPath, base: run.basePath)
  }

  /// Writes a checkpoint where there is more to lose than a fresh start gives again: steps, or a learning rate that
  /// was looked for. An adapter that is the best so far follows it.
  private func writeProgress(isBest: Bool) throws {
    if isBest {
      state.bestStep = state.step
      copy(prepared.adapter.parameters.values, to: best)
    }
    // Before the adapter: a run that breaks off between the two can be resumed, and writes the adapter again.
    if state.step > 0 || run.options.learningRate == .automatic { try writeCheckpoint() }
    guard isBest, state.step > 0 else { return }
    // The record comes first: an adapter that is left unfinished says what it was trained for, and that it is.
    try RunRecord.writeUnfinished(run, settings: settings)
    try writeAdapter()
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

  // MARK: After the last step

  /// Scores, saves and reads back the best adapter, drafts with it, and writes the record.
  private func finish(
    _ baseLosses: [DocumentLoss]?, _ drafts: SampleDrafts, _ onEvent: (FineTuningEvent) -> Void
  ) throws -> FineTuningOutcome {
    copy(best, to: prepared.adapter.parameters.values)
    let comparison = baseLosses.flatMap { losses -> HeldOutComparison? in
      guard let evaluation = prepared.evaluation else { return nil }
      return HeldOutComparison(
        base: prepared.dataset.heldOutLosses(losses),
        adapter: prepared.dataset.heldOutLosses(score(evaluation)), seed: run.options.seed)
    }
    let edits = prepared.editEvaluation.map {
      EditComparison(base: $0.score(engine, with: baseDecoder), adapter: $0.score(engine))
    }
    try writeAdapter()
    let selfTest = try selfTest()
    let after = try drafts.all(with: prepared.decoder)
    if let draft = after.first { onEvent(.draft(draft, .after)) }
    let outcome = FineTuningOutcome(
      adapterPath: run.adapterPath, keptStep: state.bestStep, comparison: comparison, edits: edits,
      selfTest: selfTest,
      endings: DraftEndings(ended: after.filter(\.endedByItself).count, drafts: after.count),
      trainingSeconds: state.steps.reduce(0) { $0 + $1.seconds }, trainingTokens: state.tokens,
      evaluationSeconds: evaluationSeconds, sessionSeconds: clockSeconds,
      peakBytes: MemoryPlan.peakResidentBytes())
    try RunRecord.write(
      run, settings: settings, state: state, outcome: outcome, prepared: prepared)
    // A finished run has nothing to resume.
    try? FileManager.default.removeItem(atPath: checkpointPath)
    onEvent(.finished(outcome))
    return outcome
  }

  private func selfTest() throws -> AdapterSelfTest {
    fillBatches(ofStep: 1)
    return try AdapterSelfTest(
      run.adapterPath, base: prepared.base, engine: engine, batch: batches[0],
      maxPositions: prepared.maxSequenceLength)
  }
}
