import Files
import Foundation
import TestSupport
import Testing
import Train

@testable import Ghost

@Suite("Drafts of one command") struct DraftSessionTests {
  /// A request on the tiny fixture model.
  private func request() -> DraftRequest {
    var request = DraftRequest(seed: Seed(topic: "a kettle", length: 20), randomSeed: 7)
    request.basePath = Fixtures.model("smollm2")
    request.adapterPath = Fixtures.adapter("smollm2")
    request.maxTokens = 12
    request.threads = 2
    return request
  }

  /// What a session prints, and reports, and what it throws.
  private func run(
    _ session: DraftSession, _ count: Int, in folder: TemporaryFolder, stop: StopRequest = StopRequest(),
    onReport: (String) -> Void = { _ in }
  ) throws -> (output: String, reports: [String], error: (any Error)?) {
    let descriptor = open(try folder.put("", as: "printed"), O_WRONLY | O_CLOEXEC)
    var reports: [String] = []
    var failure: (any Error)?
    do {
      var printer = DraftPrinter(descriptor: descriptor)
      do {
        try session.write(count, stop: stop, to: &printer) {
          reports.append($0)
          onReport($0)
        }
      } catch { failure = error }
    }
    return (try folder.content(of: "printed"), reports, failure)
  }

  @Test("Each draft is printed and kept, an empty line apart, and each has the seed after the last")
  func several() throws {
    let folder = try TemporaryFolder()
    var destination = DraftSession.Destination()
    destination.desk = Desk(folder("desk"))
    let session = try DraftSession(request(), to: destination)
    let (output, reports, error) = try run(session, 2, in: folder)
    let drafter = try Drafter(request())
    let texts = try (0..<2).map { try drafter.write(candidate: $0).text }
    let lines = texts.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }
    #expect(error == nil && output == lines.joined(separator: "\n"))
    let ids = try Desk(folder("desk")).draftIDs()
    #expect(ids.count == 2 && reports.count == 4)
    #expect(
      reports[1] == "kept as \(folder("desk/drafts/\(ids[0]).md")); next: ghost edit \(ids[0])"
        + " --workspace \(folder("desk"))")
  }

  @Test("A draft that cannot be kept is printed all the same, no other is begun, and the failure is thrown")
  func unkept() throws {
    let folder = try TemporaryFolder()
    var destination = DraftSession.Destination()
    (destination.desk, destination.printsJSON) = (Desk(folder("desk")), true)
    let session = try DraftSession(request(), to: destination)
    try FileManager.default.removeItem(atPath: folder("desk"))
    try folder.put("", as: "desk")
    let (output, reports, error) = try run(session, 2, in: folder)
    #expect((error as? FileError)?.problem == .notDirectory, "\(String(describing: error))")
    let drafts = try JSONParser.parse(output)["drafts"]?.arrayValue
    #expect(drafts?.count == 1 && reports.count == 1)
    #expect(drafts?.first?["text"]?.stringValue == (try Drafter(request()).write().text))
  }

  @Test("Asked to stop, the draft is kept as far as it is, and no other is begun")
  func stopping() throws {
    let folder = try TemporaryFolder()
    var destination = DraftSession.Destination()
    destination.desk = Desk(folder("desk"))
    let stop = StopRequest()
    let session = try DraftSession(request(), to: destination)
    let (_, reports, error) = try run(session, 3, in: folder, stop: stop) { _ in stop.stop() }
    #expect(error == nil && reports.count == 2)
    #expect(try Desk(folder("desk")).draftIDs().count == 1)
  }

  @Test("A place that takes no draft is refused before base and adapter are read")
  func places() throws {
    let folder = try TemporaryFolder()
    var wanted = request()
    wanted.basePath = "/nowhere"
    var destination = DraftSession.Destination()
    destination.output = try folder.put("Edited.", as: "piece.md")
    destination.desk = Desk(folder("desk"))
    #expect(throws: DraftError.outputExists(path: folder("piece.md"))) {
      _ = try DraftSession(wanted, to: destination)
    }
    #expect(try folder.names == ["piece.md"])
  }
}
