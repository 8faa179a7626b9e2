import Foundation
import Testing

@testable import Model

@Suite("The embedded base")
struct EmbeddedBaseTests {
  @Test("It is data/base in the first folder, or above it, before those of the second")
  func nearest() throws {
    let files = FileManager.default
    let root = files.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? files.removeItem(at: root) }
    let (work, program) = (
      root.appendingPathComponent("work/posts"), root.appendingPathComponent("built/debug")
    )
    func makeBase(in folder: URL) throws -> String {
      let base = folder.appendingPathComponent("data/base")
      try files.createDirectory(at: base, withIntermediateDirectories: true)
      try Data("{}".utf8).write(to: base.appendingPathComponent("config.json"))
      return base.path
    }
    let beside = try makeBase(in: root.appendingPathComponent("built"))
    #expect(BaseModel.embeddedPath(from: [work, program]) == beside)
    // A folder of that name without a model is none.
    try files.createDirectory(at: work.appendingPathComponent("data/base"), withIntermediateDirectories: true)
    #expect(BaseModel.embeddedPath(from: [work, program]) == beside)
    let above = try makeBase(in: root.appendingPathComponent("work"))
    #expect(BaseModel.embeddedPath(from: [work, program]) == above)
    #expect(BaseModel.embeddedPath(from: []) == nil)
  }
}
