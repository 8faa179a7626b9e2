import Files
import Foundation
import Testing

@testable import Train

@Suite("What a run has seen") struct RowPinsTests {
  @Test("The record pins every row on its side, and what was held out by one fingerprint")
  func record() throws {
    let tiny = try TinyRun()
    try tiny.start()
    let record = try #require(try RunRecord.read(tiny.adapterPath))
    let pins = try #require(RowPins(record: record))
    let rows = try Archive(paths: [tiny.archive]).rows
    #expect(pins.training.union(pins.heldOut) == Set(rows.map(\.pin)))
    #expect(pins.training.count + pins.heldOut.count == rows.count && pins.heldOut.count >= 2)
    #expect(pins.training.count == record["data"]?["training_rows"]?.intValue)
    let joined = pins.heldOut.sorted().joined(separator: "\n")
    #expect(record["evaluation_sha256"] == .string(Fingerprint(of: Array(joined.utf8)).hex))
    #expect(record["sunset_days"] == 180)
    let written = try Date(try #require(record["written_at"]?.stringValue), strategy: .iso8601)
    #expect(record["sunset"] == .string(Sunset.day(180, after: written)))
  }

  @Test("A row keeps its pin whatever its case, spaces, seed and file, and loses it with its words")
  func pins() throws {
    func pin(_ row: String) throws -> String {
      try Array(row.utf8).withUnsafeBytes { try RowReader.row($0, file: "f", line: 1).pin }
    }
    let pinned = try pin(#"{"text": "One two."}"#)
    // hashlib.sha256(b"one two.").hexdigest()[:16] in Python 3.
    #expect(pinned == "49df9908421261fa")
    #expect(try pin(#"{"title": "T", "text": " one\n TWO. "}"#) == pinned)
    #expect(try pin(#"{"seed": {"topic": "t"}, "draft": "x", "final": "One two."}"#) == pinned)
    #expect(try pin(#"{"text": "One, two."}"#) != pinned)
  }

  @Test("A sunset is so many days later, over the end of a year as well")
  func sunset() throws {
    let date = try Date("2026-11-21T23:59:59Z", strategy: .iso8601)
    #expect(Sunset.day(0, after: date) == "2026-11-21")
    #expect(Sunset.day(180, after: date) == "2027-05-20")
  }
}
