import Files
import Foundation
import TestSupport
import Testing

@testable import Train

@Suite("Finding the archives of an adapter again") struct RecordedArchiveTests {
  private func archive(_ path: String, trainedOn content: String? = nil) throws -> RecordedArchive {
    let fingerprint = content.map { JSONValue.string(Fingerprint(of: Array($0.utf8)).hex) }
    let record: JSONValue = [
      "archives": [.string(path)], "settings": ["archive_sha256": [fingerprint ?? .null]],
    ]
    return try #require(RecordedArchive.all(in: record).first)
  }

  @Test("A path is looked for around the adapter, then in another folder; an absolute one is what it is")
  func places() throws {
    let folder = try TemporaryFolder()
    let adapter = folder("desk/adapters/voice/a-1")
    try folder.put("other", as: "other/posts.jsonl")
    let posts = try archive("posts.jsonl")
    #expect(posts.located(adapter: adapter) == nil)
    #expect(posts.located(adapter: adapter, in: folder("other")) == folder("other/posts.jsonl"))
    try folder.put("own", as: "desk/posts.jsonl")
    #expect(posts.located(adapter: adapter, in: folder("other")) == folder("desk/posts.jsonl"))
    #expect(posts.located(adapter: folder("elsewhere/a-1")) == nil)
    #expect(try archive(folder("other/posts.jsonl")).located(adapter: adapter) == folder("other/posts.jsonl"))
    #expect(try archive(folder("posts.jsonl")).located(adapter: adapter) == nil)
    // Where the tests run, which is the package's own folder.
    #expect(try archive("Package.swift").located(adapter: adapter) == "Package.swift")
  }

  @Test("Of several files by one path, it is the one that was trained on; if all changed, the adapter's own")
  func several() throws {
    let folder = try TemporaryFolder()
    let adapter = folder("desk/adapters/a-1")
    try folder.put("own", as: "desk/archive.jsonl")
    try folder.put("other", as: "other/archive.jsonl")
    for (content, place) in [("other", "other"), ("own", "desk"), ("before", "desk")] {
      let recorded = try archive("archive.jsonl", trainedOn: content)
      let found = recorded.located(adapter: adapter, in: folder("other"))
      #expect(found == folder("\(place)/archive.jsonl"))
    }
  }
}
