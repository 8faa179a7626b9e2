import Files
import Foundation
import Model
import Tensor

/// `run.json`: everything needed to repeat a run and to judge its adapter, beside PEFT's files and never in them.
public enum RunRecord {
  /// The file's name in an adapter's folder.
  public static let name = "run.json"
  /// The version of the file's layout.
  static let format = 1

  /// What decides a run: its settings, and the fingerprints of base, tokenizer and archive. Two runs with equal
  /// settings on the same kind of machine give the same adapter.
  static func settings(_ run: FineTuningRun, _ prepared: PreparedRun) throws -> JSONValue {
    let options = run.options
    let adapter = prepared.adapter.configuration
    let fingerprints = try prepared.fingerprints.value()
    func optional(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
    let rate: JSONValue
    switch options.learningRate {
    case .value(let value): rate = .number(value)
    case .automatic: rate = "auto"
    }
    return [
      "base_sha256": .string(fingerprints.base.hex),
      "tokenizer_sha256": .string(fingerprints.tokenizer.hex),
      "archive_sha256": .array(try run.archives.map { .string(try Fingerprint(contentsOf: $0).hex) }),
      "initial_adapter_sha256": try run.options.initialAdapter.map {
        .string(try Fingerprint(contentsOf: "\($0)/\(AdapterFolder.weightsName)").hex)
      } ?? .null,
      "prompt_layout": .string(PromptLayout.version), "epochs": .integer(Int64(options.epochs)),
      "max_steps": optional(options.maxSteps), "rank": .integer(Int64(adapter.rank)),
      "alpha": .number(adapter.alpha), "dropout": .number(adapter.dropout),
      "target_modules": .array(adapter.targets.map { .string($0.moduleName) }),
      "rslora": .bool(adapter.isRankStabilized), "learning_rate": rate,
      "lr_schedule": .string(options.schedule.rawValue), "warmup_ratio": .number(options.warmupRatio),
      "weight_decay": .number(options.weightDecay), "max_grad_norm": .number(options.maxGradientNorm),
      "batch_size": optional(options.batchSize),
      "max_seq_length": .integer(Int64(prepared.maxSequenceLength)),
      "grad_accumulation_steps": .integer(Int64(options.gradientAccumulationSteps)),
      "objective": .string(options.objective.rawValue), "beta": number(options.beta),
      "preference_weight": number(options.preferenceWeight),
      "unlikelihood_weight": number(options.unlikelihoodWeight),
      "valid_fraction": .number(options.validFraction), "seed": .string("\(options.seed)"),
      "shuffle": .bool(options.shuffles), "mask_prompt": .bool(options.masksPrompt),
      "skip_bad_rows": .bool(options.skipsBadRows),
      "compute": .string(options.compute.resolved.rawValue),
      "quantize": options.quantization.map { .string($0.rawValue) } ?? .null,
    ]
  }

  /// The record in an adapter's folder; nil where there is none, as in a folder that PEFT wrote.
  ///
  /// - Throws: `FileError` and `JSONParseError` where there is one that cannot be read.
  public static func read(_ folder: String) throws -> JSONValue? {
    try JSONParser.parse(ifPresent: "\(folder)/\(name)")
  }

  /// Whether the run of a record came to its end.
  public static func isFinished(_ record: JSONValue) -> Bool { record["finished"]?.boolValue ?? true }

  /// When the adapter of a record was written; nil where it does not say so.
  public static func writtenAt(_ record: JSONValue) -> Date? {
    record["written_at"]?.stringValue.flatMap { try? Date($0, strategy: .iso8601) }
  }

  /// The record of a finished run as a report: the same, with the adapter's folder.
  ///
  /// - Throws: file and JSON errors where there is none to read.
  public static func text(_ folder: String, layout: JSONWriter.Layout) throws -> String {
    var report = JSONObject()
    report.append("adapter_path", .string(folder))
    let record = try JSONParser.parse(contentsOf: "\(folder)/\(name)")
    for (key, value) in record.objectValue?.members ?? [] { report.append(key, value) }
    return try JSONWriter.string(of: .object(report), layout: layout)
  }

  /// Writes what is known before the run is finished, so that an adapter which a stopped or broken run leaves names
  /// its base and is not taken for a finished one.
  static func writeUnfinished(_ run: FineTuningRun, settings: JSONValue) throws {
    try write(run, opening(run, settings: settings, isFinished: false), ["verdict": .null])
  }

  /// Writes the record of a finished run into its adapter's folder.
  static func write(
    _ run: FineTuningRun, settings: JSONValue, state: FineTuningState, outcome: FineTuningOutcome,
    prepared: PreparedRun
  ) throws {
    try write(
      run, opening(run, settings: settings, isFinished: true),
      results(
        state: state, outcome: outcome, dataset: prepared.dataset,
        pins: RowPins(prepared.dataset, trainedBefore: prepared.trainedBefore ?? []),
        plan: prepared.size.edits),
      dates(sunsetDays: run.options.sunsetDays))
  }

  private static func write(_ run: FineTuningRun, _ parts: JSONValue...) throws {
    var record = JSONObject()
    for (key, value) in parts.compactMap(\.objectValue).flatMap(\.members) { record.append(key, value) }
    let text = try JSONWriter.string(of: .object(record), layout: .pretty)
    try AtomicFile.write(text, to: "\(run.adapterPath)/\(name)")
  }

  private static func opening(
    _ run: FineTuningRun, settings: JSONValue, isFinished: Bool
  ) -> JSONValue {
    [
      "format": .integer(Int64(format)), "finished": .bool(isFinished), "base": .string(run.basePath),
      "archives": .array(run.archives.map { .string($0) }), "settings": settings,
    ]
  }

  /// When the adapter was written, and from which day on it is to be judged again.
  private static func dates(sunsetDays: Int) -> JSONValue {
    let now = Date.now
    return [
      "written_at": .string(now.formatted(.iso8601)), "sunset_days": .integer(Int64(sunsetDays)),
      "sunset": .string(Sunset.day(sunsetDays, after: now)),
    ]
  }

  private static func results(
    state: FineTuningState, outcome: FineTuningOutcome, dataset: Dataset, pins: RowPins, plan: EditPlan
  ) -> JSONValue {
    let report = dataset.report
    var counts = JSONObject()
    for kind in ArchiveRow.Kind.allCases {
      if let count = report.rowCounts[kind] { counts.append(kind.rawValue, .integer(Int64(count))) }
    }
    return [
      "peak_learning_rate": number(state.peakLearningRate),
      "data": [
        "rows": .object(counts), "labelled_tokens": .integer(Int64(report.labelledTokens)),
        "skipped_rows": .array(report.skipped.map { .string($0.place) }),
        "exact_duplicates": .integer(Int64(report.exactDuplicateCount)),
        "near_duplicates": .integer(Int64(report.nearDuplicateCount)),
        "training_rows": .integer(Int64(report.trainingRowCount)),
        "held_out": .array(
          dataset.heldOutRows.map { .string(dataset.rows[$0].id ?? dataset.rows[$0].place) }),
        "pins": pins.json,
      ],
      "evaluation_sha256": .string(pins.evaluation.hex),
      "edits": edits(plan, outcome),
      "kept_step": .integer(Int64(outcome.keptStep)), "held_out": comparison(outcome),
      "verdict": outcome.verdict.map { .string($0.rawValue) } ?? .null,
      "self_test": [
        "largest_difference": number(Double(outcome.selfTest.largestDifference)),
        "largest_effect": number(Double(outcome.selfTest.largestEffect)),
        "passes": .bool(outcome.selfTest.passes),
      ],
      "drafts": [
        "written": .integer(Int64(outcome.endings.drafts)), "ended": .integer(Int64(outcome.endings.ended)),
      ],
      "evaluations": .array(
        state.evaluations.map {
          [
            "step": .integer(Int64($0.step)), "loss": .number($0.loss),
            "bits_per_byte": .number($0.bitsPerByte),
          ]
        }),
      "steps": .array(
        state.steps.enumerated().map { index, step in
          [
            "step": .integer(Int64(index + 1)), "loss": .number(step.loss),
            "gradient_norm": .number(step.gradientNorm), "learning_rate": .number(step.learningRate),
            "tokens": .integer(Int64(step.tokens)), "labels": .integer(Int64(step.labels)),
            "seconds": .number(step.seconds),
          ]
        }),
      "training_seconds": .number(outcome.trainingSeconds),
      "evaluation_seconds": .number(outcome.evaluationSeconds),
      "session_seconds": .number(outcome.sessionSeconds),
      "training_tokens": .integer(Int64(outcome.trainingTokens)),
      "peak_bytes": .integer(Int64(outcome.peakBytes)),
      "versions": [
        "lora-train": .string(PackageVersion.text), "swift": .string(PackageVersion.swift),
        "openblas": .string(GEMM.libraryVersion), "kernels": .string(KernelLevel.current.rawValue),
      ],
    ]
  }

  /// A number where it is one: JSON has no NaN.
  private static func number(_ value: Double?) -> JSONValue {
    value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null
  }

  /// The edits that were trained on, and how base and adapter take those that were held out.
  private static func edits(_ plan: EditPlan, _ outcome: FineTuningOutcome) -> JSONValue {
    func score(_ score: EditScore) -> JSONValue {
      [
        "preferred": .integer(Int64(score.preferred)), "new_loss": number(score.newLoss),
        "cut_loss": number(score.cutLoss),
      ]
    }
    return [
      "rows": .integer(Int64(plan.edits)), "pairs": .integer(Int64(plan.pairs)),
      "preference": plan.terms.preference.map { .string($0.name) } ?? .null,
      "preference_weight": .number(plan.terms.preferenceWeight),
      "unlikelihood_weight": .number(plan.terms.unlikelihoodWeight),
      "held_out": outcome.edits.map {
        [
          "pairs": .integer(Int64($0.base.pairs)), "base": score($0.base), "adapter": score($0.adapter),
        ]
      } ?? .null,
    ]
  }

  private static func comparison(_ outcome: FineTuningOutcome) -> JSONValue {
    guard let comparison = outcome.comparison else { return .null }
    return [
      "documents": .integer(Int64(comparison.bootstrap.documents)),
      "base": ScoreJSON.scores(comparison.base.total), "adapter": ScoreJSON.scores(comparison.adapter.total),
      "saved_bits_per_byte": ScoreJSON.interval(comparison.bootstrap),
    ]
  }
}
