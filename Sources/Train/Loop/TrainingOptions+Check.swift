import Model

extension TrainingOptions {
  /// The most steps of a run, batches of a step and rows of a batch: more than a writer's machine can compute, and
  /// few enough to plan ahead.
  private static let mostSteps = 1_000_000

  /// The longest sequence: as set, else the smaller of 1,024 tokens and the base's context.
  ///
  /// - Throws: `TrainingError.setting` where the base cannot read as much, or less than training takes.
  func sequenceLength(for base: BaseModel) throws -> Int {
    let context = base.configuration.contextLength
    let length = maxSequenceLength ?? min(1024, context)
    guard length <= context else {
      throw TrainingError.setting(
        "--max-seq-length is \(length); expected at most \(context), the context of \(base.path). Lower it.")
    }
    guard length >= ExampleEncoder.minimumSequenceLength else {
      throw TrainingError.setting(
        "\(base.path): the context is \(context) tokens; expected at least"
          + " \(ExampleEncoder.minimumSequenceLength). Choose another base.")
    }
    return length
  }

  /// Refuses settings out of their ranges.
  func check() throws {
    func require(_ holds: Bool, _ flag: String, _ found: some CustomStringConvertible, _ expected: String)
      throws
    {
      guard holds else {
        throw TrainingError.setting("\(flag) is \(found); expected \(expected). Change it.")
      }
    }
    let most = TrainingOptions.mostSteps
    let whole = "a whole number from 1 to \(most)"
    try require(epochs >= 1 && epochs <= 1000, "--epochs", epochs, "a whole number from 1 to 1000")
    if let maxSteps { try require((1...most).contains(maxSteps), "--max-steps", maxSteps, whole) }
    try require(
      adapter.rank >= 1 && adapter.rank <= 1024, "--rank", adapter.rank, "a whole number from 1 to 1024")
    let (alphas, dropouts) = (LoRAConfiguration.alphas, LoRAConfiguration.dropouts)
    try require(alphas.range.contains(adapter.alpha), "--alpha", adapter.alpha, alphas.text)
    try require(dropouts.range.contains(adapter.dropout), "--dropout", adapter.dropout, dropouts.text)
    if case .value(let rate) = learningRate {
      try require(rate > 0 && rate.isFinite, "--learning-rate", rate, "a positive number or auto")
    }
    try require((0...1).contains(warmupRatio), "--warmup-ratio", warmupRatio, "a number from 0 to 1")
    try require(weightDecay >= 0 && weightDecay.isFinite, "--weight-decay", weightDecay, "a number from 0")
    try require(
      maxGradientNorm >= 0 && maxGradientNorm.isFinite, "--max-grad-norm", maxGradientNorm, "a number from 0")
    if let batchSize { try require((1...most).contains(batchSize), "--batch-size", batchSize, whole) }
    if let maxSequenceLength {
      try require(
        maxSequenceLength >= ExampleEncoder.minimumSequenceLength, "--max-seq-length", maxSequenceLength,
        "a whole number from \(ExampleEncoder.minimumSequenceLength)")
    }
    try require(
      (1...most).contains(gradientAccumulationSteps), "--grad-accumulation-steps", gradientAccumulationSteps,
      whole)
    for (flag, value) in [
      ("--preference-weight", preferenceWeight), ("--unlikelihood-weight", unlikelihoodWeight),
    ] {
      if let value { try require((0...1000).contains(value), flag, value, "a number from 0 to 1000") }
    }
    if let beta { try require(beta > 0 && beta <= 1000, "--beta", beta, "a number above 0 and up to 1000") }
    if !objective.comparesDrafts {
      for (flag, value) in [
        ("--beta", beta), ("--preference-weight", preferenceWeight),
        ("--unlikelihood-weight", unlikelihoodWeight),
      ] {
        if let value {
          try require(
            false, flag, value, "none with --objective \(objective.rawValue), which has no such term")
        }
      }
    }
    try require(
      (0..<1).contains(validFraction), "--valid-fraction", validFraction, "a number from 0 to below 1")
    try require(
      (1...3650).contains(sunsetDays), "--sunset-days", sunsetDays, "a whole number from 1 to 3650")
    if let threads {
      try require((1...1024).contains(threads), "--threads", threads, "a whole number from 1 to 1024")
    }
  }
}
