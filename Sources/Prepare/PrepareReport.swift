import Files
import Train

/// What was read, added, left out and changed, and what a reader should look at before training.
public struct PrepareReport: Equatable, Sendable {
  /// One piece, and what there is to say about it.
  public struct Piece: Equatable, Sendable {
    /// Its name in the archive.
    public let id: String
    /// Its place as `file:line`, or the file alone.
    public let place: String
    /// What there is to say.
    public let note: String?

    init(_ source: SourcePiece, _ note: String?) {
      id = source.id
      place = source.place
      self.note = note
    }

    /// Notes something at a line of the source, nil for one that is not known.
    init(_ source: SourcePiece, line: Int?, _ note: String) {
      id = source.id
      place = line.map { "\(source.file):\($0)" } ?? source.file
      self.note = note
    }
  }

  /// The archive.
  public let output: String
  /// Files read.
  public internal(set) var fileCount = 0
  /// Pieces found in them.
  public internal(set) var pieceCount = 0
  /// Files of other kinds, by their extension.
  public internal(set) var ignored: [String: Int] = [:]
  /// Sources that cannot be read.
  public internal(set) var problems: [SourceProblem] = []
  /// Pieces that the archive had already.
  public internal(set) var presentCount = 0
  /// Pieces among them whose source reads otherwise now.
  public internal(set) var changedAtSource: [Piece] = []
  /// Pieces left out, with the reason.
  public internal(set) var leftOut: [Piece] = []
  /// Pieces added.
  public internal(set) var added: [Piece] = []
  /// Words in them.
  public internal(set) var wordCount = 0
  /// Words in daily logs among them.
  public internal(set) var logCount = 0
  /// How often each change was made in them.
  public internal(set) var changes: [TextChange: Int] = [:]
  /// The changes of each changed piece, as a note.
  public internal(set) var changed: [Piece] = []
  /// Pieces that nearly repeat another.
  public internal(set) var nearDuplicates: [Piece] = []
  /// Lines with markup that cleaning does not know.
  public internal(set) var leftoverMarkup: [Piece] = []
  /// Pieces in another language than most.
  public internal(set) var otherLanguages: [Piece] = []
  /// Pieces far longer than the others a window can hold.
  public internal(set) var veryLong: [Piece] = []
  /// Pieces of which more than half is quotation or code.
  public internal(set) var mostlyQuoted: [Piece] = []
  /// Secrets and personal data, replaced or not.
  public internal(set) var sensitive: [Piece] = []
  /// Whether they were replaced.
  public internal(set) var isRedacted = false

  init(output: String) { self.output = output }

  /// Pieces of more words become many windows, of which only the first has the seed.
  private static let longPiece = 5000

  /// Notes what there is to say about the pieces that are added, `among` all that were read.
  mutating func describe(_ pieces: [PreparedPiece], among all: [PreparedPiece], redacts: Bool) {
    isRedacted = redacts
    let languages = all.map { Language(of: $0.text.text) }
    var counts: [Language: Int] = [:]
    for case let language? in languages { counts[language, default: 0] += 1 }
    let main = Language.allCases.max { counts[$0, default: 0] < counts[$1, default: 0] }
    let isAdded = Set(pieces.map(\.source.id))
    for (piece, language) in zip(all, languages) where isAdded.contains(piece.source.id) {
      if let language, language != main { otherLanguages.append(Piece(piece.source, language.rawValue)) }
    }
    for piece in pieces {
      let source = piece.source
      added.append(Piece(source, NumberText.counted(piece.wordCount, "word")))
      wordCount += piece.wordCount
      if source.isDailyLog { logCount += 1 }
      changes.merge(piece.text.changes, uniquingKeysWith: +)
      let made = TextChange.allCases.compactMap { change in
        piece.text.changes[change].map { NumberText.counted($0, change.noun) }
      }
      if !made.isEmpty { changed.append(Piece(source, made.joined(separator: ", "))) }
      if piece.wordCount > Self.longPiece {
        veryLong.append(Piece(source, NumberText.counted(piece.wordCount, "word")))
      }
      if piece.protectedShare > 0.5 {
        mostlyQuoted.append(
          Piece(source, "\(Int((piece.protectedShare * 100).rounded())) % quotation or code"))
      }
      for line in LeftoverMarkup.lines(in: piece.text.text, dialect: source.format.dialect) {
        leftoverMarkup.append(
          Piece(source, line: source.line(of: line), line.count > 60 ? "\(line.prefix(60))…" : line))
      }
      for finding in piece.sensitive {
        sensitive.append(Piece(source, line: finding.line, finding.kind.noun))
      }
    }
  }
}

// MARK: Text

extension PrepareReport {
  /// Lists longer than this are cut in the text; the JSON has every entry.
  private static let shownEntries = 20

  /// The report for people: the counts, then each list under its heading.
  public var lines: [String] {
    let rows = NumberText.counted(added.count, "row")
    var facts = [
      ("read", "\(NumberText.counted(pieceCount, "piece")) in \(NumberText.counted(fileCount, "file"))"),
      ("added", "\(rows), \(NumberText.counted(wordCount, "word")), to \(output)"),
    ]
    if logCount > 0 {
      facts.append(("logs", "\(NumberText.counted(logCount, "row")) with a weight of their own"))
    }
    if presentCount > 0 { facts.append(("there", "\(NumberText.counted(presentCount, "piece")) already")) }
    if !leftOut.isEmpty { facts.append(("left out", NumberText.counted(leftOut.count, "piece"))) }
    if !problems.isEmpty { facts.append(("unread", NumberText.counted(problems.count, "source"))) }
    if !ignored.isEmpty {
      let kinds = ignored.sorted { $0.key < $1.key }.map {
        "\($0.value) \($0.key.isEmpty ? "unnamed" : ".\($0.key)")"
      }
      facts.append(("other", "files ignored: \(kinds.joined(separator: ", "))"))
    }
    let made = TextChange.allCases.compactMap { change in
      changes[change].map { NumberText.counted($0, change.noun) }
    }
    if !made.isEmpty { facts.append(("changed", made.joined(separator: ", "))) }
    var lines = FactList.lines(facts.map { (name: $0.0, fact: $0.1) })
    for (heading, _, pieces) in sections where !pieces.isEmpty {
      lines += ["", heading]
      lines += pieces.prefix(Self.shownEntries).map { piece in
        "  \(piece.place)\(piece.note.map { ": \($0)" } ?? "")".withoutControlCharacters
      }
      if pieces.count > Self.shownEntries {
        lines.append("  and \(pieces.count - Self.shownEntries) more (--json has all)")
      }
    }
    return lines
  }

  private var sections: [(heading: String, key: String, pieces: [Piece])] {
    [
      ("Left out", "left_out", leftOut),
      ("Changed", "changed", changed),
      (
        "Changed at the source since; the archive keeps the text it has", "changed_at_source", changedAtSource
      ),
      ("Nearly the same as another; kept, and on one side of every split", "near_duplicates", nearDuplicates),
      ("Markup left over", "leftover_markup", leftoverMarkup),
      ("In another language than most", "other_languages", otherLanguages),
      ("Very long", "very_long", veryLong),
      ("Mostly other people's words or code, which stay out of the loss", "mostly_quoted", mostlyQuoted),
      (
        isRedacted
          ? "Secrets and personal data, replaced" : "Secrets and personal data, kept; --redact replaces them",
        "sensitive", sensitive
      ),
    ]
  }
}

// MARK: JSON

extension PrepareReport {
  /// The complete report.
  public var json: JSONValue {
    var object: JSONObject = JSONObject()
    object["output"] = .string(output)
    object["files"] = .integer(Int64(fileCount))
    object["pieces"] = .integer(Int64(pieceCount))
    object["already_there"] = .integer(Int64(presentCount))
    object["added_words"] = .integer(Int64(wordCount))
    object["redacted"] = .bool(isRedacted)
    var ignoredFiles = JSONObject()
    for (kind, count) in ignored.sorted(by: { $0.key < $1.key }) {
      ignoredFiles[kind] = .integer(Int64(count))
    }
    object["ignored_files"] = .object(ignoredFiles)
    var changeCounts = JSONObject()
    for change in TextChange.allCases {
      changeCounts[change.rawValue] = .integer(Int64(changes[change] ?? 0))
    }
    object["changes"] = .object(changeCounts)
    object["problems"] = .array(problems.map { .string($0.description) })
    object["added"] = .array(added.map(\.json))
    for (_, key, pieces) in sections { object[key] = .array(pieces.map(\.json)) }
    return .object(object)
  }
}

extension PrepareReport.Piece {
  fileprivate var json: JSONValue {
    ["id": .string(id), "place": .string(place), "note": note.map { .string($0) } ?? .null]
  }
}
