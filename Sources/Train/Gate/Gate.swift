import Files
import Foundation

/// The question whether a fine-tune should be made at all: cases, outputs and what there is to train on.
public struct Gate: Equatable, Sendable {
  /// The file of cases.
  public var casesPath: String
  /// The folder of outputs, a file `NAME.jsonl` for each system.
  public var outputsPath: String
  /// What there is to train on; empty where that was not said.
  public var archives: [String]
  /// Where the lines are drawn.
  public var thresholds: GateThresholds
  /// What a fine-tune costs, against its use; nil where that was not said.
  public var economics: GateEconomics?

  /// Describes a gate; nothing is read yet.
  public init(
    casesPath: String, outputsPath: String, archives: [String] = [], thresholds: GateThresholds = .init(),
    economics: GateEconomics? = nil
  ) {
    self.casesPath = casesPath
    self.outputsPath = outputsPath
    self.archives = archives
    self.thresholds = thresholds
    self.economics = economics
  }

  /// Answers the cases with a local system and writes its file of outputs, over an older one of the same name. A run
  /// that is broken off has kept its answers in a hidden file beside it, and goes on from there.
  ///
  /// - Parameter onProgress: told how many cases of how many are done.
  /// - Returns: the file's path.
  /// - Throws: the errors of cases, base, adapter and archive; `FileError`.
  public func makeOutputs(_ run: GateRun, onProgress: (Int, Int) -> Void = { _, _ in }) throws -> String {
    try check()
    let cases = try GateReader.cases(casesPath)
    let archive = try archive()
    _ = try gauge(for: cases, archive: archive)
    let rows = run.kind == .fewShot ? archive?.rows ?? [] : []
    try AtomicFile.createDirectory(outputsPath)
    let path = "\(outputsPath)/\(run.system.name).jsonl"
    // A place that cannot be written to is noticed before the cases are answered, and leaves nothing behind.
    _ = try AtomicFile(path: path)
    var done = 0
    let kept = "\(outputsPath)/.\(run.system.name).jsonl"
    let outputs = try run.start(cases, rows: rows, keptIn: kept) { _ in
      done += 1
      onProgress(done, cases.count)
    }
    try AtomicFile.write(try GateRun.fileText(outputs), to: path)
    KeptLines.remove(kept)
    return path
  }

  /// Scores every system and decides.
  ///
  /// - Throws: ``GateInputError`` for cases or outputs that cannot be used, ``GateSettingError``, the errors of
  ///   the archive; `FileError`.
  public func report() throws -> GateReport {
    try check()
    let cases = try GateReader.cases(casesPath)
    let archive = try archive()
    let gauge = try gauge(for: cases, archive: archive)
    let scores = try systems().map { path in
      GateScore(
        GateSystem(path: path), cases: cases,
        outputs: try GateReader.outputs(path, for: cases, of: casesPath), gauge: gauge)
    }
    let examples = archive.map { GateDecision.Examples($0) }
    let decision = GateDecision(scores, examples: examples, economics: economics, thresholds: thresholds)
    return GateReport(
      casesPath: casesPath, cases: cases, scores: scores, examples: examples, decision: decision)
  }

  private func check() throws(GateSettingError) {
    try thresholds.check()
    try economics?.check()
  }

  /// What measures the voice, where a case asks for it.
  private func gauge(for cases: [GateCase], archive: Archive?) throws(GateSettingError) -> VoiceGauge? {
    guard let asking = cases.first(where: { $0.checks.contains { $0.rule.name == "voice" } }) else {
      return nil
    }
    let texts = archive?.rows.compactMap(\.writtenText) ?? []
    guard let gauge = VoiceGauge(texts) else {
      throw GateSettingError(
        flag: "--data", found: archive == nil ? "none" : "fewer than two texts",
        expected: "what the writer wrote, to which the check \"voice\" of case \(asking.id) compares")
    }
    return gauge
  }

  private func archive() throws -> Archive? { archives.isEmpty ? nil : try Archive(paths: archives) }

  /// The files of outputs, by name.
  private func systems() throws(GateSettingError) -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: outputsPath) else {
      throw GateSettingError(
        flag: "--outputs", found: "no folder \(outputsPath)",
        expected: "one with the outputs of a system, which --run base makes")
    }
    return names.filter { $0.hasSuffix(".jsonl") && !$0.hasPrefix(".") }.sorted().map {
      "\(outputsPath)/\($0)"
    }
  }
}
