import Files
import Foundation

/// Finds the sources under a path and reads their pieces.
struct SourceFolder {
  /// What was read.
  struct Contents {
    var pieces: [SourcePiece] = []
    var problems: [SourceProblem] = []
    /// Files of kinds that hold no writing, by their extension.
    var ignored: [String: Int] = [:]
    var fileCount = 0
  }

  /// A piece is a text, not a data set: larger files are something else.
  static let pieceLimit = 16 << 20

  /// The pieces of the file or folder at `path`, in the order of their names.
  ///
  /// Hidden files are left alone, and links to folders are not followed.
  ///
  /// - Throws: `FileError` where there is nothing to read at `path`.
  static func read(_ path: String) throws -> Contents {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError(path: path, operation: .read, problem: .missing)
    }
    let root = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let name = URL(fileURLWithPath: root).lastPathComponent
    var contents = Contents()
    guard isFolder.boolValue else {
      try read(root, id: name, into: &contents)
      return contents
    }
    guard let walk = FileManager.default.enumerator(atPath: root) else {
      throw FileError(path: path, operation: .read, problem: .permissionDenied)
    }
    var files: [String] = []
    for case let file as String in walk {
      let last = file.split(separator: "/").last ?? ""
      let isLeftAlone = last.hasPrefix(".") || last == "node_modules"
      if walk.fileAttributes?[.type] as? FileAttributeType == .typeDirectory {
        if isLeftAlone { walk.skipDescendants() }
      } else if !isLeftAlone {
        files.append(file)
      }
    }
    for file in files.sorted() { try read("\(root)/\(file)", id: "\(name)/\(file)", into: &contents) }
    return contents
  }

  private static func read(_ path: String, id: String, into contents: inout Contents) throws {
    do {
      switch (path.split(separator: "/").last ?? "").split(separator: ".").last.map({ $0.lowercased() }) {
      case "md", "markdown", "mdx", "mdown":
        contents.pieces.append(try MarkdownFile.piece(text(path), file: path, id: id))
      case "txt", "text":
        contents.pieces.append(try MarkdownFile.plainPiece(text(path), file: path, id: id))
      case let kind:
        contents.ignored[kind ?? "", default: 0] += 1
        return
      }
      contents.fileCount += 1
    } catch let problem as SourceProblem {
      contents.problems.append(problem)
      contents.fileCount += 1
    }
  }

  /// The text of a file of one piece, with line ends as `\n`.
  private static func text(_ path: String) throws -> String {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) {
      guard file.bytes.count <= pieceLimit else {
        throw SourceProblem(
          file: path, line: 1, problem: .tooLarge(bytes: file.bytes.count, limit: pieceLimit))
      }
      var bytes = file.bytes[...]
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
      let text = String(decoding: bytes, as: UTF8.self)
      guard !bytes.contains(0), text.utf8.elementsEqual(bytes) else {
        // Decoding keeps what is text up to the first byte that is none.
        let common = zip(text.utf8, bytes).prefix { $0 == $1 && $0 != 0 }
        throw SourceProblem(file: path, line: 1 + common.count { $0.0 == 0x0A }, problem: .notText)
      }
      return bytes.contains(0x0D) ? text.replacing("\r\n", with: "\n") : text
    }
  }
}
