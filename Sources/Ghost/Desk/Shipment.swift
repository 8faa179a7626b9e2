import Files
import Foundation
import Train

/// A draft that the writer edited and published, with what the edit changed.
public struct Shipment: Equatable, Sendable {
  /// The draft's ID.
  public let id: String
  /// What the edit kept, cut and added.
  public let diff: WordDiff
  /// The archive that took the row.
  public let archive: String
  /// Whether the archive was begun with this row.
  public let beginsArchive: Bool

  /// What happened, for people: the edit rate, then each place of the edit.
  public var lines: [String] {
    var lines = [
      "shipped \(id) to \(archive)\(beginsArchive ? ", which begins with it" : "")",
      "edit rate \(EditTrend.percent(diff.editRate)): kept \(diff.keptCount) of the draft's"
        + " \(diff.draft.count) words, cut \(diff.cutCount), added \(diff.addedCount)",
    ]
    for change in diff.changes {
      if !change.cut.isEmpty { lines.append("  - \(diff.cutText(change))".withoutControlCharacters) }
      if !change.added.isEmpty { lines.append("  + \(diff.addedText(change))".withoutControlCharacters) }
    }
    return lines
  }

  /// The same as one JSON object.
  public var json: JSONValue {
    [
      "id": .string(id), "archive": .string(archive), "begins_archive": .bool(beginsArchive),
      "edit_rate": .number(diff.editRate),
      "words": [
        "draft": .integer(Int64(diff.draft.count)), "final": .integer(Int64(diff.final.count)),
        "kept": .integer(Int64(diff.keptCount)), "cut": .integer(Int64(diff.cutCount)),
        "added": .integer(Int64(diff.addedCount)),
      ],
      "changes": .array(
        diff.changes.map { ["cut": .string(diff.cutText($0)), "added": .string(diff.addedText($0))] }),
    ]
  }
}

extension Desk {
  /// Takes the edited text of a draft into the archive as an edit row. The row is there whole or not at all, and once.
  ///
  /// - Parameters:
  ///   - name: the draft; see ``draft(named:)``.
  ///   - final: the file with the edited text; nil takes the draft's own.
  ///   - allowsUnchanged: takes a text that is the draft word for word as well.
  /// - Throws: ``DeskError``, `FileError`, and `JSONParseError` for a row that cannot be read.
  public func ship(
    _ name: String, final: String? = nil, allowsUnchanged: Bool = false, at date: Date = .now
  ) throws -> Shipment {
    let id = try draft(named: name)
    let lock = try FolderLock(folder)
    defer { withExtendedLifetime(lock) {} }
    let original = try openDraft(id)
    let finalPath = final ?? draftPath(id)
    let text = try DraftFile.finalText(finalPath)
    guard !DraftFile.holdsFrontMatter(text, of: id) else {
      throw DeskError.damagedFrontMatter(path: finalPath)
    }
    let diff = WordDiff(draft: original.text, final: text)
    guard !diff.final.isEmpty else {
      throw DeskError.empty(path: finalPath, reject: command("reject", id))
    }
    guard allowsUnchanged || !text.utf8.elementsEqual(original.text.utf8) else {
      throw DeskError.unchanged(path: finalPath)
    }
    let row: JSONValue = .object(
      Desk.row(
        id, at: date, of: original,
        ["final": .string(text), "edit_rate": .number(diff.editRate)]))
    let beginsArchive = try append(row, to: archivePath)
    return Shipment(id: id, diff: diff, archive: archivePath, beginsArchive: beginsArchive)
  }

  /// Records that a draft was thrown away; its files stay.
  ///
  /// - Returns: the draft's ID.
  /// - Throws: as ``ship(_:final:allowsUnchanged:at:)`` does.
  public func reject(_ name: String, reason: String? = nil, at date: Date = .now) throws -> String {
    let id = try draft(named: name)
    let lock = try FolderLock(folder)
    defer { withExtendedLifetime(lock) {} }
    let original = try openDraft(id)
    let row = Desk.row(id, at: date, of: original, ["reason": reason.map { .string($0) } ?? .null])
    _ = try append(.object(row), to: rejectedPath)
    return id
  }

  /// The first text of a draft that was neither shipped nor rejected.
  private func openDraft(_ id: String) throws -> DraftFile {
    if try holds(id, as: "final", in: archivePath) {
      throw DeskError.alreadyShipped(id, archive: archivePath)
    }
    if try holds(id, as: "draft", in: rejectedPath) {
      throw DeskError.alreadyRejected(id, path: rejectedPath)
    }
    return try DraftFile(original: originalPath(id))
  }

  /// What both records say of a draft, and `rest`.
  private static func row(
    _ id: String, at date: Date, of original: DraftFile, _ rest: JSONValue
  ) -> JSONObject {
    let seed = original.seed
    var parts = JSONObject()
    if let topic = seed.topic { parts.append("topic", .string(topic)) }
    if let angle = seed.angle { parts.append("angle", .string(angle)) }
    if let length = seed.length { parts.append("length", .integer(Int64(length))) }
    if let kind = seed.kind { parts.append("kind", .string(kind)) }
    var row = JSONObject()
    row.append("id", .string(id))
    row.append("date", .string(day(date)))
    row.append("seed", .object(parts))
    row.append("draft", .string(original.text))
    for (key, value) in rest.objectValue?.members ?? [] { row.append(key, value) }
    // Which adapter wrote the draft, so that one can tell later whether its drafts were closer.
    row.append("base_sha256", original.fields["base"]?["sha256"] ?? .null)
    row.append("adapter_sha256", original.fields["adapter"]?["sha256"] ?? .null)
    return row
  }
}
