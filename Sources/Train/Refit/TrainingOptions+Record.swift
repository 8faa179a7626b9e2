import Files
import Model

extension TrainingOptions {
  /// The recipe of a run: the settings that its record keeps, to be followed again on other rows or another base.
  ///
  /// What a record does not name is as it is unless told. The adapter that a run started from is no part of its
  /// recipe: following it again starts afresh.
  ///
  /// - Parameter path: the record's file, for errors.
  /// - Throws: `TrainingError.setting` for a value of another kind than the record writes.
  public init(record: JSONValue, path: String) throws(TrainingError) {
    self.init()
    let settings = record["settings"]
    func value<Value>(
      _ key: String, _ expected: String, of parent: JSONValue? = settings, _ read: (JSONValue) -> Value?
    ) throws(TrainingError) -> Value? {
      guard let found = parent?[key], !found.isNull else { return nil }
      if let value = read(found) { return value }
      throw .setting(
        "\(path): \(key) is \(found.kindName); expected \(expected). Train afresh with lora-train.")
    }
    func whole(_ key: String, of parent: JSONValue? = settings) throws(TrainingError) -> Int? {
      try value(key, "a whole number", of: parent, \.intValue)
    }
    func number(_ key: String) throws(TrainingError) -> Double? { try value(key, "a number", \.doubleValue) }
    func flag(_ key: String) throws(TrainingError) -> Bool? { try value(key, "true or false", \.boolValue) }

    epochs = try whole("epochs") ?? epochs
    maxSteps = try whole("max_steps")
    adapter.rank = try whole("rank") ?? adapter.rank
    adapter.alpha = try number("alpha") ?? adapter.alpha
    adapter.dropout = try number("dropout") ?? adapter.dropout
    adapter.isRankStabilized = try flag("rslora") ?? adapter.isRankStabilized
    let names = try value("target_modules", "a list of names") { $0.arrayValue?.compactMap(\.stringValue) }
    if let names { adapter.targets = try TrainingOptions.targets(named: names) }
    learningRate =
      try value("learning_rate", "a number or auto") { found in
        found.doubleValue.map { .value($0) } ?? found.stringValue.flatMap { LearningRate($0) }
      } ?? learningRate
    schedule =
      try value("lr_schedule", "the name of a schedule") {
        $0.stringValue.flatMap { LearningRateSchedule.Shape(rawValue: $0) }
      } ?? schedule
    warmupRatio = try number("warmup_ratio") ?? warmupRatio
    weightDecay = try number("weight_decay") ?? weightDecay
    maxGradientNorm = try number("max_grad_norm") ?? maxGradientNorm
    batchSize = try whole("batch_size")
    maxSequenceLength = try whole("max_seq_length")
    gradientAccumulationSteps = try whole("grad_accumulation_steps") ?? gradientAccumulationSteps
    objective =
      try value("objective", "the name of an objective") {
        $0.stringValue.flatMap { Objective(rawValue: $0) }
      } ?? objective
    beta = try number("beta")
    preferenceWeight = try number("preference_weight")
    unlikelihoodWeight = try number("unlikelihood_weight")
    validFraction = try number("valid_fraction") ?? validFraction
    seed = try value("seed", "a whole number in quotes") { $0.stringValue.flatMap { UInt64($0) } } ?? seed
    shuffles = try flag("shuffle") ?? shuffles
    masksPrompt = try flag("mask_prompt") ?? masksPrompt
    skipsBadRows = try flag("skip_bad_rows") ?? skipsBadRows
    compute =
      try value("compute", "f32, bf16 or int8") { $0.stringValue.flatMap { Compute(rawValue: $0) } }
      ?? compute
    quantization = try value("quantize", "q8") { $0.stringValue.flatMap { WeightQuantization(rawValue: $0) } }
    sunsetDays = try whole("sunset_days", of: record) ?? sunsetDays
  }
}
