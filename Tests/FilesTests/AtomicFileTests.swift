import Files
import Foundation
import TestSupport
import Testing

@Suite("Atomic file") struct AtomicFileTests {
  @Test("writes a new file and replaces an old one, leaving nothing else behind")
  func writes() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("first", to: folder("file"))
    #expect(try folder.content(of: "file") == "first")
    var file = try AtomicFile(path: folder("file"))
    try file.append(Array("sec".utf8))
    try file.append([])
    try file.append(Array("ond".utf8))
    #expect(try folder.content(of: "file") == "first")
    try file.commit()
    #expect(try folder.content(of: "file") == "second")
    #expect(try folder.names == ["file"])
  }

  @Test("a file that is given up leaves the old one and no temporary one")
  func givenUp() throws {
    let folder = try TemporaryFolder()
    try folder.put("old", as: "file")
    do {
      var file = try AtomicFile(path: folder("file"))
      try file.append(Array("new".utf8))
      #expect(try folder.names.count == 2)
    }
    #expect(try folder.names == ["file"])
    #expect(try folder.content(of: "file") == "old")
  }

  @Test("is readable by all and writable by the owner, less the process's mask")
  func permissions() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("x", to: folder("file"))
    let mask = umask(0)
    umask(mask)
    let attributes = try FileManager.default.attributesOfItem(atPath: folder("file"))
    #expect(attributes[.posixPermissions] as? Int == 0o644 & ~Int(mask))
  }

  @Test("keeps the permissions of the file that it replaces", arguments: [0o600, 0o666, 0o440, 0o755])
  func keptPermissions(mode: Int) throws {
    let folder = try TemporaryFolder()
    try folder.put("private", as: "file")
    let files = FileManager.default
    try files.setAttributes([.posixPermissions: mode], ofItemAtPath: folder("file"))
    // An administrator who writes to somebody's file leaves it theirs.
    let owner: uid_t = geteuid() == 0 ? 65534 : geteuid()
    #expect(chown(folder("file"), owner, getegid()) == 0)
    try AtomicFile.write("x", to: folder("file"))
    try AtomicFile.append([Array("y".utf8)], to: folder("file"))
    #expect(try folder.content(of: "file") == "x\ny\n")
    let attributes = try files.attributesOfItem(atPath: folder("file"))
    #expect(attributes[.posixPermissions] as? Int == mode)
    #expect(attributes[.ownerAccountID] as? Int == Int(owner))
  }

  @Test("writes beside itself when no folder is named")
  func relativePath() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      #expect(chdir(folder.path) == 0)
      try AtomicFile.write("x", to: "file")
      try AtomicFile.createDirectory("a/b")
      try AtomicFile.write("y", to: "a/b/file")
      #expect(try folder.names == ["a", "file"])
      #expect(try folder.content(of: "a/b/file") == "y")
    }
  }

  // The size limit of a process binds root as well, unlike permissions.
  @Test("a disk that takes only a part keeps the old file and removes the temporary one")
  func writeFails() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      try folder.put("old", as: "file")
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      let error = #expect(throws: FileError.self) {
        try AtomicFile.write([UInt8](repeating: 0, count: 1001), to: folder("file"))
      }
      #expect(error?.problem == .tooLarge)
      #expect(try folder.content(of: "file") == "old")
      #expect(try folder.names == ["file"])
    }
  }

  @Test("a full disk is said in words")
  func fullDisk() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    try #require(descriptor >= 0)
    let output = FileOutput(descriptor: descriptor, path: "adapter.safetensors")
    let error = [UInt8](repeating: 0, count: 10).withUnsafeBytes { bytes in
      do throws(FileError) {
        try output.append(bytes)
        return FileError?.none
      } catch {
        return error
      }
    }
    #expect(
      error?.description
        == "adapter.safetensors: found no space left on the disk or in the quota; expected to write a file. "
        + "Free some space or choose a path on another disk.")
  }

  @Test("names the file, the finding and the remedy when it cannot be written")
  func errors() throws {
    let folder = try TemporaryFolder()
    try folder.put("text", as: "file")
    let cases: [(path: String, text: String)] = [
      (
        folder("none/file"),
        "found no folder to write into; expected to write a file. "
          + "Make the folder first or choose another path."
      ),
      (folder.path, "found a folder; expected to write a file. Choose another path."),
      (
        folder("new/"), "found a folder; expected to write a file. Choose another path."
      ),
      (
        folder("file/below"),
        "found a file where the path needs a folder; expected to write a file. "
          + "Correct the path or move the file away."
      ),
      ("/dev/null", "found a device, pipe or socket; expected to write a file. Name an ordinary file."),
      (
        "",
        "found no folder to write into; expected to write a file. Make the folder first or choose another path."
      ),
    ]
    for (path, text) in cases {
      let error = #expect(throws: FileError.self) { try AtomicFile.write("x", to: path) }
      #expect(error?.description == "\(path): \(text)")
    }
    #expect(try folder.names == ["file"])
  }

  @Test(
    "every finding has its words",
    arguments: [
      (
        EACCES,
        "found that access is denied; expected to write a file. "
          + "Give this user write access to the folder or choose another path."
      ),
      (
        EROFS,
        "found a read-only file system; expected to write a file. Choose a path on a writable disk."
      ),
      (
        EFBIG,
        "found the file size limit exceeded; expected to write a file. "
          + "Raise the limit (ulimit -f) or choose a path on another disk."
      ),
      (
        EIO,
        "found the system error \"Input/output error\" (\(EIO)); expected to write a file. "
          + "Check the path and the disk."
      ),
    ])
  func codes(code: Int32, text: String) {
    #expect(FileError(path: "out", operation: .write, code: code).description == "out: \(text)")
  }

  @Test("makes folders with the folders above them, and accepts those that exist")
  func createDirectory() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.createDirectory(folder("a/b/c/"))
    try AtomicFile.createDirectory(folder("a/b"))
    try AtomicFile.write("x", to: folder("a/b/c/file"))
    #expect(try folder.content(of: "a/b/c/file") == "x")
    let error = #expect(throws: FileError.self) { try AtomicFile.createDirectory(folder("a/b/c/file")) }
    #expect(
      error?.description
        == folder("a/b/c/file") + ": found a file where the path needs a folder; expected to make a folder. "
        + "Correct the path or move the file away.")
    let below = #expect(throws: FileError.self) { try AtomicFile.createDirectory(folder("a/b/c/file/d/e")) }
    #expect(below?.problem == .notDirectory)
    #expect(throws: FileError.self) { try AtomicFile.createDirectory("") }
  }
}
