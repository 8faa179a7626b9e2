import TestSupport
import Testing

@testable import Train

@Suite("The gauge of one text's voice")
struct VoiceGaugeTests {
  @Test("The writer's own posts are near 1 and most of another's farther")
  func distances() throws {
    let posts = try VoiceTexts.archive()
    let gauge = try #require(VoiceGauge(posts.indices.filter { $0 % 4 != 0 }.map { posts[$0] }))
    let held = posts.indices.filter { $0 % 4 == 0 }.map { posts[$0] }
    let own = try held.map { try #require(gauge.distance(of: $0)) }
    let other = try VoiceTexts.formal(held).map { try #require(gauge.distance(of: $0)) }
    let mean = own.reduce(0, +) / Double(own.count)
    #expect(mean > 0.8 && mean < 1.2)
    #expect(try #require(AreaUnderCurve.ofDistance(same: own, different: other)) > 0.9)
    #expect(gauge.distance(of: held[0]) == gauge.distance(of: held[0]))
  }

  @Test("A text without function words or marks has no distance; fewer than two texts make no gauge")
  func nothing() throws {
    let gauge = try #require(
      VoiceGauge(["It was late, and we went home.\n\nSo it was.", "We sat; it rained. And you?"]))
    #expect(gauge.distance(of: "") == nil && gauge.distance(of: "kettle sang") == nil)
    #expect(gauge.distance(of: "It was so, and we sat.") != nil)
    #expect(VoiceGauge(["It was late."]) == nil && VoiceGauge(["It was late.", " \n"]) == nil)
  }

  @Test("What the writer wrote is the piece of a row, of an edit the final")
  func rows() throws {
    let folder = try TemporaryFolder()
    let archive = try folder.put(
      """
      {"title": "A", "text": "One."}
      {"text": "Two."}
      {"prompt": "p", "completion": "Three."}
      {"seed": {"topic": "t"}, "draft": "Draft.", "final": "Four."}
      """, as: "archive.jsonl")
    #expect(try Archive(paths: [archive]).rows.map(\.writtenText) == ["One.", "Two.", "Three.", "Four."])
  }
}
