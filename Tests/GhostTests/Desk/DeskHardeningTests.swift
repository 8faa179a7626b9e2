import Foundation
import Prepare
import TestSupport
import Testing
import Train

@testable import Ghost

@Suite("A desk in trouble") struct DeskHardeningTests {
  @Test("prepare and ship on one archive at once: neither loses what the other adds")
  func prepareAndShip() async throws {
    let (folder, desk, ids) = try DeskTests.desk((0..<8).map { "Draft number \($0)." })
    try folder.put("What ships.", as: "final.txt")
    let final = folder("final.txt")
    let sources = try (0..<8).map { index in
      try folder.put(
        "# Post \(index)\n\n" + (0..<30).map { "word\(index * 100 + $0)" }.joined(separator: " ") + "\n",
        as: "posts-\(index)/p\(index).md")
      return folder("posts-\(index)")
    }
    let failures = await withTaskGroup(of: Bool.self) { group in
      for (id, source) in zip(ids, sources) {
        group.addTask { (try? desk.ship(id, final: final)) == nil }
        group.addTask {
          var options = PrepareOptions()
          options.paths = [source]
          options.output = desk.archivePath
          return (try? PrepareRun(options).start()) == nil
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(failures == 0)
    let rows = try Archive(paths: [desk.archivePath]).rows
    #expect(rows.count == 16 && Set(rows.compactMap(\.id)).count == 16)
    #expect(Set(ids).isSubset(of: Set(rows.compactMap(\.id))))
  }

  @Test("A link to an archive elsewhere is locked there, for prepare as well")
  func sharedArchive() async throws {
    let (folder, desk, ids) = try DeskTests.desk((0..<4).map { "Draft number \($0)." })
    try folder.put("{\"title\": \"One\", \"text\": \"A post.\"}\n", as: "shared/posts.jsonl")
    try FileManager.default.createSymbolicLink(
      atPath: desk.archivePath, withDestinationPath: folder("shared/posts.jsonl"))
    try folder.put("What ships.", as: "final.txt")
    try folder.put(String(repeating: "one two three ", count: 10), as: "posts/a.md")
    let final = folder("final.txt")
    var options = PrepareOptions()
    options.paths = [folder("posts")]
    options.output = desk.archivePath
    let prepare = PrepareRun(options)
    await withTaskGroup(of: Void.self) { group in
      for id in ids { group.addTask { _ = try? desk.ship(id, final: final) } }
      group.addTask { _ = try? prepare.start() }
    }
    #expect(try Archive(paths: [folder("shared/posts.jsonl")]).rows.count == 6)
    let type = try FileManager.default.attributesOfItem(atPath: desk.archivePath)[.type]
    #expect(type as? FileAttributeType == .typeSymbolicLink)
  }

  @Test("On a disk that cannot be written to, drafts are refused in one line, and status works")
  func readOnly() throws {
    let (folder, desk, ids) = try DeskTests.desk(["A text."])
    try folder.put("Mine.", as: "final.txt")
    let files = FileManager.default
    let folders = [folder.path, folder("drafts"), folder("drafts/.original")]
    for path in folders { try files.setAttributes([.posixPermissions: 0o555], ofItemAtPath: path) }
    defer { for path in folders { try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path) } }
    let before = try folder.names
    withoutPrivileges {
      let refusal =
        "\(folder.path): found that access is denied; expected to write a file."
        + " Give this user write access to the folder or choose another path."
      #expect(throwing { _ = try desk.ship(ids[0], final: folder("final.txt")) } == refusal)
      #expect(throwing { _ = try desk.reject(ids[0]) } == refusal)
      #expect(throwing { try desk.prepare() } == refusal)
      #expect(throwing { _ = try DeskStatus(desk) } == nil)
    }
    #expect(try folder.names == before)
  }

  @Test("What cannot be listed is told with its cause, and no folder of posts is passed over in silence")
  func unlisted() throws {
    let folder = try TemporaryFolder()
    try folder.put("", as: "desk/drafts/.original")
    #expect(
      throwing { _ = try Desk(folder("desk")).draft(named: "lamp") }?.hasPrefix(
        "\(folder("desk/drafts/.original")): found a file where the path needs a folder") == true)
    try folder.put(String(repeating: "one two three ", count: 10), as: "posts/a.md")
    try folder.put(String(repeating: "four five six ", count: 10), as: "posts/closed/b.md")
    let files = FileManager.default
    try files.setAttributes([.posixPermissions: 0o000], ofItemAtPath: folder("posts/closed"))
    defer { try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder("posts/closed")) }
    var options = PrepareOptions()
    options.paths = [folder("posts")]
    options.output = folder("archive.jsonl")
    try files.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
    let run = PrepareRun(options)
    var report: PrepareReport?
    withoutPrivileges { report = try? run.start() }
    let problems = try #require(report).problems.map(\.description)
    let expected = "\(folder("posts/closed/")):1: found that access is denied"
    #expect(problems.count == 1 && problems.first?.hasPrefix(expected) == true, "\(problems)")
  }

  /// Runs `body` with the rights to files of a user who owns none: those of an administrator override any file's mode.
  private func withoutPrivileges(_ body: () -> Void) {
    // On Linux the function binds the calling thread alone; Swift's module of the C library leaves it out.
    typealias SetUser = @convention(c) (UInt32) -> Int32
    let setUser = dlsym(dlopen(nil, RTLD_NOW), "setfsuid").map { unsafeBitCast($0, to: SetUser.self) }
    _ = setUser?(65534)
    defer { _ = setUser?(geteuid()) }
    body()
  }
}
