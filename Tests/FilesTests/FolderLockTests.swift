import Files
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Adding to a file that others add to") struct FolderLockTests {
  @Test("Lines are added after those that are there, and a last line without its end gets one")
  func append() throws {
    let folder = try TemporaryFolder()
    let path = folder("rows")
    #expect(try AtomicFile.append([Array("one".utf8)], to: path))
    try folder.put("one\ntwo", as: "rows")
    #expect(try !AtomicFile.append([Array("three".utf8), Array("four".utf8)], to: path))
    #expect(try folder.content(of: "rows") == "one\ntwo\nthree\nfour\n")
    #expect(try folder.names == ["rows"])
  }

  @Test("A link stays a link, and the file that it leads to gets the lines")
  func links() throws {
    let folder = try TemporaryFolder()
    try folder.put("one\n", as: "shared/rows")
    try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "shared/rows")
    try AtomicFile.append([Array("two".utf8)], to: folder("link"))
    #expect(try folder.content(of: "shared/rows") == "one\ntwo\n")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder("link")) == "shared/rows")
    #expect(AtomicFile.targetFolder(of: folder("link")) == AtomicFile.target(of: folder("shared")))
    #expect(AtomicFile.target(of: folder("none")) == folder("none"))
  }

  @Test("A link to nothing, as to a disk that is not there, stays as it is")
  func brokenLink() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "gone/rows")
    let error = #expect(throws: FileError.self) {
      try AtomicFile.append([Array("one".utf8)], to: folder("link"))
    }
    #expect(
      error?.description
        == "\(folder("link")): found a link to nothing; expected to write a file. Correct the link, or bring back what"
        + " it leads to.")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder("link")) == "gone/rows")
  }

  @Test("A folder is moved with folders made for it, once, and not over another")
  func move() throws {
    let folder = try TemporaryFolder()
    try folder.put("a", as: "from/file")
    try AtomicFile.move(folder("from"), to: folder("retired/to"))
    try AtomicFile.move(folder("from"), to: folder("retired/to"))
    #expect(try folder.content(of: "retired/to/file") == "a" && !folder.holds("from"))
    try folder.put("b", as: "from/file")
    let error = #expect(throws: FileError.self) {
      try AtomicFile.move(folder("from"), to: folder("retired/to"))
    }
    #expect(error?.path == folder("retired/to"))
    #expect(try folder.content(of: "from/file") == "b" && folder.content(of: "retired/to/file") == "a")
    // What the system would replace without a word.
    try FileManager.default.createDirectory(atPath: folder("empty"), withIntermediateDirectories: false)
    try folder.put("c", as: "a file")
    try folder.put("d", as: "another")
    try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "nowhere")
    for (source, destination) in [("from", "empty"), ("a file", "another"), ("a file", "link")] {
      let error = #expect(throws: FileError.self) {
        try AtomicFile.move(folder(source), to: folder(destination))
      }
      #expect(error?.problem == .system(code: EEXIST))
    }
    #expect(try folder.content(of: "from/file") == "b" && folder.content(of: "another") == "d")
    let missing = #expect(throws: FileError.self) { try AtomicFile.move(folder("none"), to: folder("x")) }
    #expect(missing?.problem == .missing)
  }

  @Test("A lock that is given back can be had again, and one that is kept is waited for")
  func lock() throws {
    let folder = try TemporaryFolder()
    do {
      let lock = try FolderLock(folder.path)
      let busy = #expect(throws: FolderBusy.self) {
        _ = try FolderLock(folder.path, patience: .milliseconds(30))
      }
      #expect(busy?.folder == folder.path)
      withExtendedLifetime(lock) {}
    }
    #expect(try folder.names.isEmpty)
    _ = try FolderLock(folder.path, patience: .zero)
    let missing = #expect(throws: FileError.self) { _ = try FolderLock(folder("none")) }
    #expect(missing?.problem == .missing)
  }

  private final class Holders: Sendable {
    let now = Atomic<Int>(0)
    let most = Atomic<Int>(0)
  }

  @Test("However many take a lock in turns, one at a time has it")
  func turns() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    let holders = Holders()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var turns = 0
          while turns < 500 {
            // Without patience, so that many open the file just before its holder removes it.
            do {
              let lock = try FolderLock(path, patience: .zero)
              holders.most.max(holders.now.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
              sched_yield()
              holders.now.subtract(1, ordering: .relaxed)
              turns += 1
              withExtendedLifetime(lock) {}
            } catch is FolderBusy {}
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(holders.most.load(ordering: .relaxed) == 1)
    #expect(try folder.names.isEmpty)
  }
}
