/// What a run is about to do, before its first step.
public enum PreflightReport {
  /// The archive's facts, the size of the run and its memory, then warnings.
  ///
  /// - Parameter warnings: those of the settings.
  public static func lines(
    _ dataset: DatasetReport, _ memory: MemoryPlan, _ size: TrainingSize, warnings: [String] = [],
    style: TextStyle = .plain
  ) -> [String] {
    let share = 100 * Double(size.trainableParameters) / Double(max(1, size.baseParameters))
    let trainable = NumberText.grouped(size.trainableParameters)
    let facts = [
      (
        "trainable",
        "\(trainable) parameters beside \(NumberText.grouped(size.baseParameters)) frozen"
          + " (\(NumberText.fixed(share, 1)) %)"
      ),
      ("training", "\(NumberText.counted(size.steps, "step")), \(NumberText.grouped(size.tokens)) tokens"),
      ("memory", memoryText(memory)),
    ]
    let dataLines = dataset.lines.filter { !dataset.warnings.contains($0) }
    // The archive's own facts are aligned already; these follow in the same column.
    let column = dataLines.first.map { line in
      line.prefix { $0 != " " }.count + line.drop { $0 != " " }.prefix { $0 == " " }.count
    }
    let width = max(column ?? 0, 11)
    return dataLines + FactList.lines(facts, width: width) + (dataset.warnings + warnings).map(style.yellow)
  }

  private static func memoryText(_ plan: MemoryPlan) -> String {
    let shares = plan.shares.prefix(4).map { "\($0.name) \(ByteText.short($0.byteCount))" }
    let available = plan.availableBytes.map { " of \(ByteText.short($0)) available" } ?? ""
    return "\(ByteText.short(plan.totalBytes))\(available): \(shares.joined(separator: ", "))"
      + (plan.shares.count > 4 ? " …" : "")
  }
}
