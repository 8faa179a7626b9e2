import Foundation
import TestSupport
import Testing

@testable import Ghost

@Suite("Finding the newest adapter") struct AdapterSearchTests {
  /// Lays out an adapter; `age` in seconds is that of its weights.
  private func makeAdapter(_ name: String, in folder: TemporaryFolder, age: Double, written: String? = nil)
    throws
  {
    try folder.put("{}", as: "\(name)/adapter_config.json")
    let weights = try folder.put("", as: "\(name)/adapter_model.safetensors")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: weights)
    if let written { try folder.put("{\"written_at\": \"\(written)\"}", as: "\(name)/run.json") }
  }

  @Test("The record's time decides over the file's, and a file's where there is no record")
  func newest() throws {
    let folder = try TemporaryFolder()
    try makeAdapter("adapters/copied", in: folder, age: 0, written: "2020-01-01T00:00:00Z")
    try makeAdapter("adapters/voice/second", in: folder, age: 50)
    try makeAdapter("adapters/first", in: folder, age: 100)
    #expect(AdapterSearch.newest(from: folder.path) == "\(folder.path)/adapters/voice/second")
    try makeAdapter("adapters/last", in: folder, age: 900, written: "2999-01-01T00:00:00Z")
    #expect(AdapterSearch.newest(from: folder.path) == "\(folder.path)/adapters/last")
  }

  @Test("An adapter whose run was not finished counts only where there is no other")
  func unfinished() throws {
    let folder = try TemporaryFolder()
    try makeAdapter("adapters/stopped", in: folder, age: 0)
    try folder.put("{\"finished\": false, \"verdict\": null}", as: "adapters/stopped/run.json")
    #expect(AdapterSearch.newest(from: folder.path) == "\(folder.path)/adapters/stopped")
    try makeAdapter("adapters/finished", in: folder, age: 100, written: "2020-01-01T00:00:00Z")
    #expect(AdapterSearch.newest(from: folder.path) == "\(folder.path)/adapters/finished")
  }

  @Test("The nearest adapters folder above counts, and an unreadable record does not hide its adapter")
  func above() throws {
    let folder = try TemporaryFolder()
    try makeAdapter("adapters/one", in: folder, age: 10)
    try folder.put("{", as: "adapters/one/run.json")
    try folder.put("", as: "posts/2026/note.md")
    #expect(AdapterSearch.newest(from: "\(folder.path)/posts/2026") == "\(folder.path)/adapters/one")
    try makeAdapter("posts/adapters/two", in: folder, age: 99)
    #expect(AdapterSearch.newest(from: "\(folder.path)/posts/2026") == "\(folder.path)/posts/adapters/two")
  }

  @Test("Links to folders are followed, once each, and never to what was set aside")
  func links() throws {
    let (folder, disk) = (try TemporaryFolder(), try TemporaryFolder())
    let files = FileManager.default
    func link(_ path: String, to target: String) throws {
      try files.createSymbolicLink(atPath: path, withDestinationPath: target)
    }
    try makeAdapter("adapters/one", in: disk, age: 100)
    try link(folder("adapters"), to: disk("adapters"))
    #expect(AdapterSearch.newest(from: folder.path) == folder("adapters/one"))
    try makeAdapter("kept/two", in: disk, age: 50)
    try link(disk("adapters/two"), to: disk("kept/two"))
    #expect(AdapterSearch.newest(from: folder.path) == folder("adapters/two"))
    // Through the links upwards, all of it is there again.
    try makeAdapter("adapters/retired/three", in: disk, age: 10)
    try makeAdapter("adapters/z", in: disk, age: 20)
    for (name, target) in [("again", "adapters"), ("a", "adapters/z"), ("up", "")] {
      try link(disk("adapters/\(name)"), to: disk(target))
    }
    #expect(AdapterSearch.newest(from: folder.path) == folder("adapters/z"))
  }

  @Test("A folder of settings without weights is no adapter; adapters/ itself may be one")
  func partial() throws {
    let folder = try TemporaryFolder()
    try folder.put("{}", as: "adapters/half/adapter_config.json")
    #expect(AdapterSearch.newest(from: folder.path) == nil)
    try makeAdapter("adapters", in: folder, age: 1)
    #expect(AdapterSearch.newest(from: folder.path) == "\(folder.path)/adapters")
  }
}
