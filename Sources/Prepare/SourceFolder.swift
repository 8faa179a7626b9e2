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

    /// Takes down what is wrong with a file; one that only lies there is none of the sources.
    mutating func note(_ problem: SourceProblem, kind: String, isNamed: Bool) {
      if case .unknownExport = problem.problem, !isNamed {
        ignored[kind, default: 0] += 1
      } else {
        problems.append(problem)
        fileCount += 1
      }
    }
  }

  /// A piece is a text, not a data set: larger files are something else.
  static let pieceLimit = 16 << 20

  /// The pieces of the file or folder at `path`, in the order of their names.
  ///
  /// Hidden files are left alone, and links to folders are followed at `path` alone.
  ///
  /// - Throws: `FileError` where there is nothing at `path`, or no folder that can be listed.
  static func read(_ path: String) throws -> Contents {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError(path: path, operation: .read, problem: .missing)
    }
    let root = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let name = URL(fileURLWithPath: root).lastPathComponent
    var contents = Contents()
    guard isFolder.boolValue else {
      try read(root, id: name, isNamed: true, into: &contents)
      return contents
    }
    var files = try self.files(in: root, into: &contents)
    // A Substack export lists its pages, and what the list says of them is not in the pages.
    let lists = files.filter { $0 == "posts.csv" || $0.hasSuffix("/posts.csv") }
    for list in lists {
      let folder = list.dropLast("posts.csv".count)
      let pages = readSubstack("\(root)/\(folder)", into: &contents)
      let listed = Set(pages.map { "\(folder)\($0)" })
      files.removeAll { $0 == list || listed.contains($0) }
    }
    for file in files.sorted() {
      try read("\(root)/\(file)", id: "\(name)/\(file)", isNamed: false, into: &contents)
    }
    return contents
  }

  /// The paths of all files below a folder, from there on. A folder within it that cannot be read is noted.
  ///
  /// - Throws: `FileError` where the folder itself cannot be read.
  private static func files(in root: String, into contents: inout Contents) throws(FileError) -> [String] {
    var files: [String] = []
    var folders = [""]
    while let folder = folders.popLast() {
      let names: [String]
      do {
        names = try Folder.names(in: "\(root)/\(folder)")
      } catch {
        if folder.isEmpty { throw FileError(path: root, operation: .read, problem: error.problem) }
        contents.problems.append(
          SourceProblem(file: "\(root)/\(folder)", line: 1, problem: .unreadable(error.problem)))
        continue
      }
      for name in names where !name.hasPrefix(".") && name != "node_modules" {
        let path = "\(folder)\(name)"
        let attributes = try? FileManager.default.attributesOfItem(atPath: "\(root)/\(path)")
        if attributes?[.type] as? FileAttributeType == .typeDirectory {
          folders.append("\(path)/")
        } else {
          files.append(path)
        }
      }
    }
    return files
  }

  /// - Parameter isNamed: whether the user named this very file; XML and JSON of other kinds lie in many folders.
  private static func read(
    _ path: String, id: String, isNamed: Bool, into contents: inout Contents
  ) throws {
    let kind = (path.split(separator: "/").last ?? "").split(separator: ".").last?.lowercased() ?? ""
    do {
      switch kind {
      case "md", "markdown", "mdx", "mdown":
        contents.pieces.append(try MarkdownFile.piece(text(path), file: path, id: id))
      case "txt", "text":
        contents.pieces.append(try MarkdownFile.plainPiece(text(path), file: path, id: id))
      case "html", "htm":
        contents.pieces.append(HTMLPage.piece(try text(path), file: path, id: id))
      case "xml":
        let file = try open(path)
        try withExtendedLifetime(file) {
          guard WordPressExport.isOne(file.bytes) else {
            throw SourceProblem(
              file: path, line: 1,
              problem: .unknownExport(found: "XML of another kind", expected: "WordPress's WXR"))
          }
          try WordPressExport.read(file.bytes, file: path, into: &contents.pieces)
        }
      case "json":
        let file = try open(path)
        contents.pieces += try withExtendedLifetime(file) { try GhostExport.pieces(file.bytes, file: path) }
      default:
        contents.ignored[kind, default: 0] += 1
        return
      }
      contents.fileCount += 1
    } catch let error as JSONParseError {
      let problem = SourceProblem.Problem.unknownExport(found: "no JSON", expected: "an export of Ghost")
      contents.note(
        SourceProblem(file: path, line: error.line, problem: problem), kind: kind, isNamed: isNamed)
    } catch let problem as SourceProblem {
      contents.note(problem, kind: kind, isNamed: isNamed)
    }
  }

  /// Reads the export in `folder`, which ends with a slash, and returns the pages that its list names.
  private static func readSubstack(_ folder: String, into contents: inout Contents) -> [String] {
    let list = "\(folder)posts.csv"
    contents.fileCount += 1
    do throws(SourceProblem) {
      let entries = try SubstackExport.entries(text(list), file: list)
      for entry in entries {
        let page = "\(folder)\(entry.page)"
        guard FileManager.default.fileExists(atPath: page) else {
          if entry.piece.isDraft {
            contents.pieces.append(entry.piece)
          } else {
            let problem = SourceProblem.Problem.missingPiece(name: entry.page)
            contents.problems.append(SourceProblem(file: list, line: entry.piece.line, problem: problem))
          }
          continue
        }
        contents.fileCount += 1
        do throws(SourceProblem) {
          var piece = entry.piece
          piece.body = try text(page)
          (piece.file, piece.line) = (page, 1)
          contents.pieces.append(piece)
        } catch {
          contents.problems.append(error)
        }
      }
      return entries.map(\.page)
    } catch {
      contents.problems.append(error)
      return []
    }
  }

  private static func open(_ path: String) throws(SourceProblem) -> MappedFile {
    do {
      return try MappedFile(path: path)
    } catch {
      throw SourceProblem(file: path, line: 1, problem: .unreadable(error.problem))
    }
  }

  /// The text of a file of one piece.
  private static func text(_ path: String) throws(SourceProblem) -> String {
    let file = try open(path)
    guard file.bytes.count <= pieceLimit else {
      throw SourceProblem(
        file: path, line: 1, problem: .tooLarge(bytes: file.bytes.count, limit: pieceLimit))
    }
    let bytes = file.textBytes
    let text = String(decoding: bytes, as: UTF8.self)
    guard !bytes.contains(0), text.utf8.elementsEqual(bytes) else {
      // Decoding keeps what is text up to the first byte that is none.
      let common = zip(text.utf8, bytes).prefix { $0 == $1 && $0 != 0 }
      throw SourceProblem(file: path, line: 1 + common.count { $0.0 == 0x0A }, problem: .notText)
    }
    return text
  }
}
