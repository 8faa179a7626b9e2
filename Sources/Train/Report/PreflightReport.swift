/// What a run is about to do, before its first step.
public enum PreflightReport {
  /// The archive's facts, the size of the run and its memory, then warnings.
  ///
  /// - Parameters:
  ///   - warnings: those of the settings.
  ///   - width: breaks warnings at this width; nil leaves each on one line.
  public static func lines(
    _ dataset: DatasetReport, _ memory: MemoryPlan, _ size: TrainingSize, warnings: [String] = [],
    width: Int? = nil, style: TextStyle = .plain
  ) -> [String] {
    let share = 100 * Double(size.trainableParameters) / Double(max(1, size.baseParameters))
    let trainable =
      "\(NumberText.grouped(size.trainableParameters)) parameters beside"
      + " \(NumberText.grouped(size.baseParameters)) frozen (\(NumberText.fixed(share, 1)) %)"
    let training = "\(NumberText.counted(size.steps, "step")), \(NumberText.grouped(size.tokens)) tokens"
    let run =
      [("trainable", trainable), ("training", training), ("memory", memoryText(memory))]
      + (size.edits.text.map { [("edits", $0)] } ?? [])
    // The rows that were skipped belong under the fact that counts them, which comes last.
    return FactList.lines(run + dataset.facts) + dataset.skippedLines
      + (dataset.warnings + warnings).flatMap { $0.wrapped(width: width ?? .max) }.map(style.yellow)
  }

  private static func memoryText(_ plan: MemoryPlan) -> String {
    // The two that a writer can name; the rest are the buffers of a batch.
    var shares = plan.shares.filter { [MemoryPlan.weightsName, MemoryPlan.adapterName].contains($0.name) }
    let rest = plan.totalBytes - shares.reduce(0) { $0 + $1.byteCount }
    shares.append(MemoryPlan.Share(name: "a batch", byteCount: rest))
    let texts = shares.map { "\($0.name) \(ByteText.short($0.byteCount))" }
    let available = plan.availableBytes.map { " of \(ByteText.short($0)) free" } ?? ""
    return "\(ByteText.short(plan.totalBytes))\(available): \(texts.joined(separator: ", "))"
  }
}
