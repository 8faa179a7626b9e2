import Files
import Foundation
import Model
import Train

/// How a desk stands: its pieces and drafts, whether drafts get closer to what ships, and what to do next.
public struct DeskStatus: Equatable, Sendable {
  /// A shipped draft, or another edit row of the archive.
  public struct Edit: Equatable, Sendable {
    /// The row's name; its place where it has none.
    public let id: String
    /// The row's date.
    public let date: String?
    /// How much of the draft the writer changed, from 0 to 1.
    public let rate: Double
  }

  /// The new rows from which on another training is advised.
  static let rowsWorthTraining = 10
  /// The pieces from which on a first training is advised: with fewer, too few can be held out for a verdict.
  static let piecesWorthTraining = 12

  /// The desk.
  public let desk: Desk
  /// The rows of the archive that can be used.
  public let pieces: Int
  /// The rows of the archive that cannot be used.
  public let badRows: Int
  /// The edit rows of the archive, in its order.
  public let edits: [Edit]
  /// The drafts that were neither shipped nor rejected, in order.
  public let openDrafts: [String]
  /// The drafts that were shipped.
  public let shippedCount: Int
  /// The drafts that were rejected.
  public let rejectedCount: Int
  /// The trend of the edit rate; nil where too few drafts were shipped for one.
  public let trend: EditTrend?
  /// The adapter that drafts are written with; nil where there is none.
  public let adapter: AdapterStanding?
  /// The rows of the archive that no training has seen since that adapter was written, or where there is none, no
  /// adapter that was retired; nil where no record says what was seen.
  public let newRows: Int?
  /// Where the latest edit rates lie beside those before; nil where too few drafts were shipped.
  public let band: EditBand?
  /// Why the adapter should be trained again; empty where nothing asks for it.
  public let refitReasons: [RefitReason]
  /// When this was true.
  public let date: Date

  /// Reads a desk.
  ///
  /// - Throws: ``DeskError``, `FileError` and `JSONParseError`.
  public init(_ desk: Desk, at date: Date = .now) throws {
    guard FileManager.default.fileExists(atPath: desk.folder) else {
      throw FileError(path: desk.folder, operation: .read, problem: .missing)
    }
    let settings = try DeskSettings(desk.folder)
    let (rows, skipped) = try DeskStatus.rows(of: desk)
    edits = rows.compactMap { row in
      guard case .edit(_, _, let draft, let final) = row.content else { return nil }
      return Edit(
        id: row.id ?? row.place, date: row.date, rate: WordDiff(draft: draft, final: final).editRate)
    }
    let ids = try desk.draftIDs()
    let shipped = Set(edits.map(\.id))
    let rejected = try DeskStatus.rejectedIDs(of: desk)
    openDrafts = ids.filter { !shipped.contains($0) && !rejected.contains($0) }
    shippedCount = ids.count { shipped.contains($0) }
    rejectedCount = rejected.count
    trend = EditTrend(edits.map(\.rate))
    adapter = try (settings.usableAdapter() ?? AdapterSearch.newest(from: desk.folder)).map {
      try AdapterStanding($0)
    }
    pieces = rows.count
    badRows = skipped
    let shelf = AdapterShelf(desk)
    let seen = try adapter.map { try shelf.rowsSeen(since: $0) } ?? shelf.rowsSeenByRetired()
    let unseen = seen.map { seen in rows.map { !seen.contains($0.pin) } }
    let newRows = unseen.map { $0.count { $0 } }
    self.newRows = newRows
    let band = EditBand(edits.map(\.rate))
    self.band = band
    // Drafts that a training has seen speak of the adapter before it.
    let newEdits = zip(rows, unseen ?? []).count { $0.kind == .edit && $1 }
    refitReasons =
      try adapter.map {
        try DeskStatus.reasons(
          $0, base: settings.base, newRows: newRows,
          band: newEdits >= EditBand.latestCount ? band : nil, at: date)
      } ?? []
    self.desk = desk
    self.date = date
  }

  private static func reasons(
    _ adapter: AdapterStanding, base: String?, newRows: Int?, band: EditBand?, at date: Date
  ) throws -> [RefitReason] {
    guard adapter.isFinished else { return [] }
    var reasons: [RefitReason] = []
    if let pinned = adapter.baseFingerprint,
      let path = try? DraftRequest.resolvedBase(base, adapter: adapter.path),
      let found = try? BaseModel.fingerprint(path: path), found.hex != pinned
    {
      reasons.append(.base(path))
    }
    if let newRows, newRows >= Self.rowsWorthTraining { reasons.append(.newRows(newRows)) }
    if let band, band.isAbove { reasons.append(.drift(band)) }
    if let sunset = adapter.sunset, adapter.isPastSunset(at: date) { reasons.append(.sunset(sunset)) }
    return reasons
  }

  private static func rows(of desk: Desk) throws -> (rows: [ArchiveRow], skipped: Int) {
    do {
      let archive = try Archive(paths: [desk.archivePath], skipBadRows: true)
      return (archive.rows, archive.skipped.count)
    } catch let error as FileError where error.problem == .missing {
      return ([], 0)
    } catch ArchiveError.noRows(_, let skipped) {
      return ([], skipped.count)
    }
  }

  private static func rejectedIDs(of desk: Desk) throws -> Set<String> {
    guard let file = try desk.existing(desk.rejectedPath) else { return [] }
    var ids: Set<String> = []
    for line in try TextLines(file) where !line.bytes.isEmpty {
      let row = try JSONParser.parse(line.bytes, file: desk.rejectedPath, firstLine: line.number)
      if let id = row["id"]?.stringValue { ids.insert(id) }
    }
    return ids
  }

  // MARK: What to do next

  /// The one thing to do next, as a sentence that ends in a command where there is one.
  public var next: String {
    if let adapter, !adapter.isFinished { return "finish the adapter's run: \(desk.resumeCommand(adapter))" }
    if let open = openDrafts.first {
      let count =
        openDrafts.count == 1 ? "the open draft" : "the \(openDrafts.count) open drafts, from the oldest on"
      return "edit, then ship or reject, \(count): \(desk.editCommand(open))"
    }
    guard let adapter else {
      if let newRows, newRows < Self.rowsWorthTraining {
        return "collect more pieces before training again: the last adapter was retired, and"
          + " \(NumberText.counted(newRows, "row")) of the \(Self.rowsWorthTraining) that make it worth while came since"
      }
      if pieces >= Self.piecesWorthTraining { return "train a first adapter: \(desk.trainCommand)" }
      return
        "collect pieces: \(pieces) of the \(Self.piecesWorthTraining) that a first training takes are there;"
        + " put posts into \(desk.archivePath), or draft and ship"
    }
    if !refitReasons.isEmpty {
      let model = refitReasons.lazy.compactMap { if case .base(let path) = $0 { path } else { nil } }.first
      return "train the adapter again (\(refitReasons.map(\.text).joined(separator: "; "))):"
        + " \(desk.refitCommand(model: model))"
    }
    if adapter.verdict == .retire {
      return "collect more pieces before training again: the evaluation of this adapter said retire"
    }
    let heldOut = adapter.rows?.heldOut.count ?? 0
    if !adapter.isJudged, heldOut >= EvaluationVerdict.fewestPieces {
      return "have the adapter judged beside a prompted base: \(desk.verdictCommand(adapter))"
    }
    return "write the next draft: \(desk.draftCommand)"
  }

  // MARK: Rendering

  /// Everything for people, a line each.
  public var lines: [String] {
    let unusable = badRows == 0 ? "" : ", and \(NumberText.counted(badRows, "unusable row"))"
    var lines = ["pieces   \(pieces) in \(desk.archivePath)\(unusable)"]
    lines.append("drafts   \(openDrafts.count) open, \(shippedCount) shipped, \(rejectedCount) rejected")
    lines += openDrafts.suffix(5).map { "           \($0)" }
    if edits.isEmpty {
      lines.append("edits    none shipped yet")
    } else {
      let recent = edits.suffix(10).map { EditTrend.percent($0.rate) }.joined(separator: ", ")
      let median = EditTrend.percent(DeskStatus.median(edits.map(\.rate)))
      lines.append("edits    \(edits.count) with a median edit rate of \(median); the latest: \(recent)")
      lines.append(
        "trend    "
          + (trend?.text ?? "needs \(EditTrend.fewest) shipped drafts; there are \(edits.count)"))
      if let band { lines.append("band     \(band.text)") }
    }
    lines.append("adapter  \(adapterText)")
    if let newRows { lines.append("new rows \(newRows) since the last training") }
    lines.append("next     \(next)")
    return lines.map(\.withoutControlCharacters)
  }

  private var adapterText: String {
    guard let adapter else { return "none; the base drafts alone" }
    let age = adapter.age(at: date).map { ", \($0) day\($0 == 1 ? "" : "s") old" } ?? ""
    let verdict = adapter.verdict.map { "verdict \($0.rawValue)" } ?? "no verdict"
    let sunset = adapter.sunset.map { ", sunset \($0)" } ?? ""
    return "\(adapter.path): \(adapter.isFinished ? verdict : "its training is not finished")\(age)\(sunset)"
  }

  static func median(_ rates: [Double]) -> Double {
    let ordered = rates.sorted()
    guard !ordered.isEmpty else { return 0 }
    return (ordered[(ordered.count - 1) / 2] + ordered[ordered.count / 2]) / 2
  }

  /// Everything as one JSON object.
  public var json: JSONValue {
    func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    func optional(_ number: Int?) -> JSONValue { number.map { .integer(Int64($0)) } ?? .null }
    return [
      "workspace": .string(desk.folder), "archive": .string(desk.archivePath),
      "pieces": .integer(Int64(pieces)), "bad_rows": .integer(Int64(badRows)),
      "drafts": [
        "open": .array(openDrafts.map { .string($0) }), "shipped": .integer(Int64(shippedCount)),
        "rejected": .integer(Int64(rejectedCount)),
      ],
      "edits": .array(
        edits.map { ["id": .string($0.id), "date": optional($0.date), "edit_rate": .number($0.rate)] }),
      "median_edit_rate": edits.isEmpty ? .null : .number(DeskStatus.median(edits.map(\.rate))),
      "trend": trend.map {
        [
          "drafts": .integer(Int64($0.count)), "slope": .number($0.slope),
          "interval": [.number($0.lower), .number($0.upper)],
        ]
      } ?? .null,
      "adapter": adapter.map {
        [
          "path": .string($0.path), "finished": .bool($0.isFinished),
          "verdict": optional($0.verdict?.rawValue),
          "written_at": optional($0.writtenAt.map { $0.formatted(.iso8601) }),
          "age_days": optional($0.age(at: date)), "sunset": optional($0.sunset),
          "base": optional($0.base),
        ]
      } ?? .null,
      "band": band.map {
        ["latest": .number($0.latest), "lower": .number($0.lower), "upper": .number($0.upper)]
      } ?? .null,
      "rows_since_training": optional(newRows),
      "refit": .array(refitReasons.map { .string($0.text) }), "next": .string(next),
    ]
  }
}
