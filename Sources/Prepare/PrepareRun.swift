import Files
import Foundation
import Train

/// Makes an archive of what a writer has, and says what it found in it.
///
/// A piece whose name is in the archive already stays as it is there, so running it again adds only what is new.
public struct PrepareRun: Sendable {
  private let options: PrepareOptions

  /// Makes a run with `options`.
  public init(_ options: PrepareOptions) { self.options = options }

  /// Reads the sources, and writes the archive in one step: as it was before, or complete.
  ///
  /// - Throws: ``PrepareError`` where no piece can be read or the archive is not one; with `isStrict` the first
  ///   ``SourceProblem``; `FolderBusy`; `FileError` where a path cannot be read or written.
  public func start() throws -> PrepareReport {
    var report = PrepareReport(output: options.output)
    var sources: [SourcePiece] = []
    for (path, isDailyLog) in options.paths.map({ ($0, false) }) + options.dailyLogs.map({ ($0, true) }) {
      let contents = try SourceFolder.read(path)
      report.fileCount += contents.fileCount
      report.ignored.merge(contents.ignored, uniquingKeysWith: +)
      report.problems += contents.problems
      if options.isStrict, let problem = contents.problems.first { throw problem }
      for var piece in contents.pieces {
        piece.isDailyLog = isDailyLog
        sources.append(piece)
      }
    }
    report.pieceCount = sources.count
    let (pieces, dropped) = prepared(try withoutNameTwins(sources, report: &report))
    for (piece, reason) in dropped { report.leftOut.append(PrepareReport.Piece(piece, reason.text)) }
    // The archive last, and alone with it: reading many posts takes a while in which a draft may be shipped.
    let lock = try FolderLock(AtomicFile.targetFolder(of: options.output))
    defer { withExtendedLifetime(lock) {} }
    let existing = try ExistingArchive(path: options.output)
    guard !pieces.isEmpty || !existing.texts.isEmpty else {
      throw PrepareError.noPieces(paths: options.paths + options.dailyLogs, problems: report.problems)
    }
    let added = try newPieces(pieces, existing: existing, report: &report)
    if !added.isEmpty {
      try AtomicFile.append(
        try added.map { try JSONWriter.bytes(of: $0.row(logWeight: options.logWeight)) }, to: options.output)
    }
    report.describe(added, among: pieces, redacts: options.redacts)
    return report
  }

  private func withoutNameTwins(_ sources: [SourcePiece], report: inout PrepareReport) throws -> [SourcePiece]
  {
    var names: Set<String> = []
    return try sources.filter { source in
      if names.insert(source.id).inserted { return true }
      let problem = SourceProblem(file: source.file, line: source.line, problem: .sameName(id: source.id))
      if options.isStrict { throw problem }
      report.problems.append(problem)
      return false
    }
  }

  private enum Reason {
    case draft, tooShort(words: Int)

    var text: String {
      switch self {
      case .draft: "draft"
      case .tooShort(let words): "too short (\(NumberText.counted(words, "word")))"
      }
    }
  }

  private func prepared(
    _ sources: [SourcePiece]
  ) -> (pieces: [PreparedPiece], dropped: [(piece: SourcePiece, reason: Reason)]) {
    var dropped = sources.filter(\.isDraft).map { (piece: $0, reason: Reason.draft) }
    let published = sources.filter { !$0.isDraft }
    let texts = published.map(PreparedPiece.cleaned)
    let boilerplate = Boilerplate(in: texts.map(\.text))
    var pieces: [PreparedPiece] = []
    for (source, text) in zip(published, texts) {
      let piece = PreparedPiece(
        source, cleaned: text, boilerplate: boilerplate, redacts: options.redacts)
      if piece.wordCount >= max(1, options.minWords) {
        pieces.append(piece)
      } else {
        dropped.append((source, .tooShort(words: piece.wordCount)))
      }
    }
    return (pieces, dropped)
  }

  /// The pieces that the archive has neither by name nor by text.
  private func newPieces(
    _ pieces: [PreparedPiece], existing: ExistingArchive, report: inout PrepareReport
  ) throws -> [PreparedPiece] {
    let candidates = pieces.filter { piece in
      guard let text = existing.textOfID[piece.source.id] else { return true }
      report.presentCount += 1
      if !piece.isWritten(as: text) { report.changedAtSource.append(PrepareReport.Piece(piece.source, nil)) }
      return false
    }
    let known = existing.texts
    let documents = (known.map(\.text) + candidates.map(\.text.text)).map { DocumentTexts([$0]) }
    let names = known.map(\.place) + candidates.map(\.source.place)
    let groups = DuplicateGroups(documents)
    var firstWithText: [Fingerprint: Int] = [:]
    var added: [PreparedPiece] = []
    for (index, document) in documents.enumerated() {
      let fingerprint = document.fingerprints[0]
      let twin = firstWithText[fingerprint]
      if twin == nil { firstWithText[fingerprint] = index }
      guard index >= known.count else { continue }
      let piece = candidates[index - known.count]
      if let twin {
        report.leftOut.append(PrepareReport.Piece(piece.source, "the same text as \(names[twin])"))
        continue
      }
      if groups.representatives[index] != index {
        report.nearDuplicates.append(
          PrepareReport.Piece(piece.source, "nearly \(names[groups.representatives[index]])"))
      }
      added.append(piece)
    }
    return added
  }
}

/// Why no archive was made.
public enum PrepareError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Nothing in the sources can be used.
  case noPieces(paths: [String], problems: [SourceProblem])
  /// A line of the file to add to is no row.
  case notAnArchive(file: String, line: Int)

  /// What was found, what was expected and what to do.
  public var description: String {
    switch self {
    case .noPieces(let paths, let problems):
      let finding =
        "\(paths.joined(separator: ", ")): found no piece that can be used; expected Markdown, text, HTML or an export. "
        + "Name the folder that holds the posts, or lower --min-words."
      return ([finding] + problems.prefix(20).map(\.description)).joined(separator: "\n")
    case .notAnArchive(let file, let line):
      return
        "\(file):\(line): found a line that is no JSON object; expected an archive to add to. "
        + "Correct the line, or write elsewhere with --output."
    }
  }
}
