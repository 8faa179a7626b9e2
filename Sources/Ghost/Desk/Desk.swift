import Files
import Foundation
import Train

/// A writer's workspace: a folder of plain files to read and to keep in git.
///
///     archive.jsonl          the pieces; each shipped draft is an edit row
///     drafts/ID.md           a draft, which the writer edits in place
///     drafts/.original/ID.md the same file as it was first written, which nothing changes
///     rejected.jsonl         the drafts thrown away
///     adapters/NAME/         trained adapters; adapters/retired/ has those that were moved aside
///     ghost.yaml             defaults: base, adapter, length, kind
///
/// What became of a draft is written in one place only, the archive or `rejected.jsonl`, and no file is moved: there
/// is no state that an interruption could leave half changed. The first text is a second file rather than a part of
/// the first one, so that no edit can reach it.
public struct Desk: Equatable, Sendable {
  /// The most bytes that a draft or its edited text may have; comparing two of them then takes a moment.
  static let textLimit = 1 << 18

  /// The folder.
  public let folder: String
  /// The first word of the running command, from which the commands to type next follow.
  let invocation: String

  /// The desk in `folder`, which need not exist before the first draft.
  ///
  /// - Parameter invocation: the first word of the running command.
  public init(_ folder: String, startedAs invocation: String = "ghost") {
    self.folder = folder
    self.invocation = invocation
  }

  /// The archive's path.
  public var archivePath: String { path("archive.jsonl") }
  /// The path of the list of rejected drafts.
  public var rejectedPath: String { path("rejected.jsonl") }
  /// The path of a draft, as the writer edits it.
  public func draftPath(_ id: String) -> String { path("drafts/\(id).md") }
  /// The path of a draft as it was first written.
  public func originalPath(_ id: String) -> String { path("drafts/.original/\(id).md") }

  /// The path of a file or folder of the desk.
  func path(_ name: String) -> String { folder == "." ? name : "\(folder)/\(name)" }

  /// The place of a path that starts at the desk's folder unless it is absolute.
  func place(of path: String) -> String { path.hasPrefix("/") ? path : self.path(path) }

  /// A path that starts at the working folder as one that starts at the desk's folder, absolute where it leads elsewhere.
  func local(_ path: String) -> String {
    if folder == "." { return path }
    let prefix = folder + "/"
    if path.hasPrefix(prefix) { return String(path.dropFirst(prefix.count)) }
    return path.hasPrefix("/") ? path : URL(fileURLWithPath: path).path
  }

  /// Where an archive that an adapter was trained on is; nil where it is gone.
  func located(_ archive: RecordedArchive, of adapter: AdapterStanding) -> String? {
    if let path = archive.located(adapter: adapter.path, in: folder) { return path }
    // Where the desk has been moved, its archive goes by another path than the record's.
    let isOwn = URL(fileURLWithPath: archive.path).lastPathComponent == "archive.jsonl"
    return isOwn && FileManager.default.fileExists(atPath: archivePath) ? archivePath : nil
  }

  // MARK: Drafts

  /// Makes the folders for drafts, so that a place that cannot be written to is noticed before a draft is.
  ///
  /// - Throws: `FileError`.
  public func prepare() throws {
    try AtomicFile.createDirectory(path("drafts/.original"))
    _ = try FolderLock(folder)
    _ = try AtomicFile(path: path("drafts/.original/probe"))
  }

  /// Keeps a draft under a name of its own, which starts with the date and sorts by it.
  ///
  /// - Returns: the draft's ID.
  /// - Throws: `FileError` and `FolderBusy`.
  public func keep(_ draft: Draft, at date: Date = .now) throws -> String {
    try prepare()
    let lock = try FolderLock(folder)
    defer { withExtendedLifetime(lock) {} }
    let stem = "\(Desk.day(date))-\(Desk.slug(draft.request.seed))"
    let taken = Set(try draftIDs())
    var id = stem
    var number = 1
    while taken.contains(id) || FileManager.default.fileExists(atPath: draftPath(id)) {
      number += 1
      id = "\(stem)-\(number < 10 ? "0" : "")\(number)"
    }
    let bytes = try DraftFile.bytes(of: draft, id: id, date: date.formatted(.iso8601))
    // The untouched text first: a draft without it could not be shipped.
    try AtomicFile.write(bytes, to: originalPath(id))
    try AtomicFile.write(bytes, to: draftPath(id))
    return id
  }

  /// The IDs of all drafts ever kept, in order.
  func draftIDs() throws(FileError) -> [String] {
    let names: [String]
    do {
      names = try Folder.names(in: path("drafts/.original"))
    } catch  where error.problem == .missing {
      return []
    }
    return names.filter { $0.hasSuffix(".md") && !$0.hasPrefix(".") }.map { String($0.dropLast(3)) }.sorted()
  }

  /// The ID of the draft that a writer means by `name`: an ID, its start or another part of it, or a draft's path.
  ///
  /// - Throws: ``DeskError`` where none or several go by it.
  public func draft(named name: String) throws -> String {
    let ids = try draftIDs()
    guard !ids.isEmpty else { throw DeskError.noDrafts(folder: folder, draft: draftCommand) }
    let last = name.split(separator: "/").last.map(String.init) ?? name
    let wanted = last.hasSuffix(".md") ? String(last.dropLast(3)) : last
    if ids.contains(wanted) { return wanted }
    let starting = wanted.isEmpty ? [] : ids.filter { $0.hasPrefix(wanted) }
    let matching = starting.isEmpty && !wanted.isEmpty ? ids.filter { $0.contains(wanted) } : starting
    guard let match = matching.first else {
      throw DeskError.unknownDraft(
        name, folder: folder, latest: ids.last, status: command("status"))
    }
    guard matching.count == 1 else { throw DeskError.ambiguousDraft(name, candidates: matching) }
    return match
  }

  // MARK: Records

  /// Whether a file of rows has one with this ID and a value for `key`.
  func holds(_ id: String, as key: String, in file: String) throws -> Bool {
    guard let mapped = try existing(file) else { return false }
    let needle = Array("\"\(id)\"".utf8)
    let escape = Array("\\u".utf8)
    for line in try TextLines(mapped) {
      // Few rows need parsing: only a line with the ID somewhere in it can be the one, or one with escapes, which other
      // programs write for letters beyond ASCII.
      guard line.bytes.contains(needle) || line.bytes.contains(escape) else { continue }
      let row = try JSONParser.parse(line.bytes, file: file, firstLine: line.number)
      if row["id"]?.stringValue == id, row[key] != nil { return true }
    }
    return false
  }

  /// Appends a row to a file of rows, which is there afterwards as it was or with the whole row. The desk's lock is
  /// held.
  ///
  /// - Returns: whether the file is new.
  func append(_ row: JSONValue, to file: String) throws -> Bool {
    let line = try JSONWriter.bytes(of: row)
    // A link may lead to an archive that is not the desk's alone.
    let shared = AtomicFile.targetFolder(of: file)
    guard shared != AtomicFile.target(of: folder), shared != folder else {
      return try AtomicFile.append([line], to: file)
    }
    let lock = try FolderLock(shared)
    defer { withExtendedLifetime(lock) {} }
    return try AtomicFile.append([line], to: file)
  }

  /// The file; nil where there is none.
  func existing(_ file: String) throws(FileError) -> MappedFile? {
    do {
      return try MappedFile(path: file)
    } catch  where error.problem == .missing {
      return nil
    }
  }

  // MARK: Names

  /// A date as drafts and rows write it, in the writer's own time zone.
  static func day(_ date: Date) -> String {
    let parts = Calendar(identifier: .gregorian).dateComponents([.year, .month, .day], from: date)
    return String(format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
  }

  /// The first words of a seed's topic, angle or kind as a file's name: letters and digits of any script.
  static func slug(_ seed: Seed) -> String {
    let text = (seed.topic ?? seed.angle ?? seed.kind ?? "").lowercased()
    let words = text.split { !$0.isLetter && !$0.isNumber }
    var slug = ""
    for word in words {
      // File systems take names of 255 bytes.
      guard slug.utf8.count + word.utf8.count < 48 else { break }
      slug += (slug.isEmpty ? "" : "-") + word
    }
    return slug.isEmpty ? "draft" : slug
  }
}

extension UnsafeRawBufferPointer {
  /// Whether `pattern` is among the bytes.
  fileprivate func contains(_ pattern: [UInt8]) -> Bool {
    guard let first = pattern.first else { return true }
    var rest = self[...]
    while let place = rest.firstIndex(of: first) {
      rest = rest[place...]
      if rest.starts(with: pattern) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
