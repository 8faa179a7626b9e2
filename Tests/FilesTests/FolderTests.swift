import Files
import Foundation
import TestSupport
import Testing

@Suite("Folders as a whole") struct FolderTests {
  @Test("All names are listed in order, through a link as well")
  func names() throws {
    let folder = try TemporaryFolder()
    for name in ["a/b.txt", "a/.hidden", "a/café/x"] { try folder.put("", as: name) }
    try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: folder("a"))
    #expect(try Folder.names(in: folder("a")) == [".hidden", "b.txt", "café"])
    #expect(try Folder.names(in: folder("link")) == [".hidden", "b.txt", "café"])
    #expect(throws: FileError(path: folder("none"), operation: .read, problem: .missing)) {
      try Folder.names(in: folder("none"))
    }
    #expect(throws: FileError(path: folder("a/b.txt"), operation: .read, problem: .notDirectory)) {
      try Folder.names(in: folder("a/b.txt"))
    }
  }
  @Test("A folder is deleted with all that is in it, and a link without what it leads to")
  func removing() throws {
    let folder = try TemporaryFolder()
    for name in ["a/b/c", "a/.hidden", "kept/file"] { try folder.put("", as: name) }
    try FileManager.default.createSymbolicLink(atPath: folder("a/link"), withDestinationPath: folder("kept"))
    try Folder.remove(folder("a"))
    try Folder.remove(folder("a"))
    #expect(try folder.names == ["kept"] && folder.holds("kept/file"))
    #expect(
      throws: FileError(path: folder("kept/file/x"), operation: .write, problem: .notDirectory)
    ) { try Folder.remove(folder("kept/file/x")) }
  }
}
