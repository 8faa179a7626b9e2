import Testing

@testable import Train

@Suite("The voice panel")
struct VoicePanelTests {
  private let even: [String]
  private let odd: [String]

  init() throws {
    let posts = try VoiceTexts.archive()
    even = stride(from: 0, to: posts.count, by: 2).map { posts[$0] }
    odd = stride(from: 1, to: posts.count, by: 2).map { posts[$0] }
  }

  private func panel(_ writer: [String], _ others: [[String]], seed: UInt64 = 7) -> VoicePanel {
    VoicePanel(writer: writer, against: .writers(others), seed: seed)
  }

  @Test("Profiles add up to that of the texts together and are taken out again")
  func sums() {
    let panel = panel(even, [VoiceTexts.formal(odd)])
    let profiles = odd.prefix(3).map { panel.profile(of: $0) }
    var sum = panel.profile(of: odd.prefix(3))
    #expect(sum == panel.sum(of: profiles, at: [2, 0, 1]) && sum != profiles[0])
    #expect(sum.words == odd.prefix(3).reduce(0) { $0 + TextUnits($1).words.count })
    sum -= profiles[1]
    sum -= profiles[2]
    #expect(sum == profiles[0])
    #expect(panel.writer == panel.profile(of: even))
  }

  @Test("The writer's texts have no distance to themselves, by any metric; no text says nothing")
  func zero() {
    let panel = panel(even, [VoiceTexts.formal(odd)])
    let distances = panel.distances(of: panel.writer)
    #expect(Set(distances.keys) == Set(VoiceMetric.allCases))
    // The cosines are quotients of sums of 3,000 products, each rounded, of texts that are the same.
    for (_, distance) in distances { #expect(abs(distance) <= 3000 * 0x1p-52) }
    #expect(panel.distances(of: panel.profile(of: "")).isEmpty)
  }

  @Test(
    "Every metric tells the writer from another, and none one half of the writer's posts from the other half")
  func separation() throws {
    let other = try #require(panel(even, [VoiceTexts.formal(odd)]).separation)
    #expect((300...1500).contains(other.words) && other.ownChunks >= 10 && other.otherChunks >= 10)
    #expect(other.telling == VoiceMetric.allCases)
    let same = try #require(panel(even, [odd]).separation)
    #expect(Set(same.areas.keys) == Set(VoiceMetric.allCases))
    #expect(same.telling.isEmpty && panel(even, [odd]).metrics.isEmpty)
  }

  @Test("Too little text, and a base's drafts, judge no metric; without others there is no cosine delta")
  func notJudged() {
    #expect(panel(Array(even.prefix(8)), [VoiceTexts.formal(odd)]).separation == nil)
    let base = VoicePanel(writer: even, against: .base(VoiceTexts.formal(odd)), seed: 7)
    #expect(base.separation == nil && base.metrics == VoiceMetric.allCases)
    #expect(base.distances(of: base.profile(of: odd)).count == 6)
    for others in [[], [["", " "]]] {
      let alone = panel(even, others)
      let distances = alone.distances(of: alone.profile(of: odd))
      #expect(alone.separation == nil && distances.count == 5 && distances[.cosineDelta] == nil)
    }
  }

  @Test("The writer's own distances shrink as the sample grows, and are the same for the same seed")
  func ownDistances() {
    let panel = panel(even, [VoiceTexts.formal(odd)])
    let (small, large) = (panel.ownDistances(words: 300), panel.ownDistances(words: 6000))
    #expect(small.count == 6 && large.count == 6)
    // But for the cosine: what another sample lacks, the rest has, and here the other writer is hardly another.
    for metric in VoiceMetric.allCases where metric != .cosineDelta {
      #expect((small[metric] ?? 0) > (large[metric] ?? .infinity))
    }
    #expect(panel.ownDistances(words: 300) == small)
    #expect(self.panel(even, [VoiceTexts.formal(odd)], seed: 8).ownDistances(words: 300) != small)
    // At most half of the writer's words.
    #expect(panel.ownDistances(words: panel.writer.words / 2) == panel.ownDistances(words: 1 << 40))
    #expect(self.panel([even[0]], [odd]).ownDistances(words: 100).isEmpty)
    #expect(self.panel([], [odd]).ownDistances(words: 100).isEmpty)
  }

  @Test("The base scores 0, the writer's own held-out posts near 1, and what lies between lies between")
  func scores() throws {
    let panel = panel(even, [VoiceTexts.formal(odd)])
    let base = VoiceTexts.formal(odd).map { [$0] }
    let half = odd.indices.map { [$0.isMultiple(of: 2) ? odd[$0] : base[$0][0]] }
    let comparison = VoiceComparison(panel, base: base, systems: [base, odd.map { [$0] }, half])
    let scores = comparison.scores
    #expect(scores[0].metrics.count == 6 && scores[0].metrics.values.allSatisfy { $0 == 0 })
    let (writer, mixed) = (try #require(scores[1].median), try #require(scores[2].median))
    #expect(writer > 0.9 && writer < 1.1 && mixed > 0.2 && mixed < 0.8)
    // The formula, by hand for one metric.
    let (near, far) = (comparison.systems[2], comparison.base)
    func excess(_ side: VoiceComparison.Side) throws -> Double {
      try #require(side.distances[.functionWords]) - #require(side.ownDistances[.functionWords])
    }
    #expect(scores[2].metrics[.functionWords] == (try excess(far) - excess(near)) / (try excess(far)))
  }

  @Test("A draw of every piece once is all pieces; another draw moves the systems and leaves the base at 0")
  func draws() {
    let panel = panel(even, [VoiceTexts.formal(odd)])
    let base = VoiceTexts.formal(odd).map { [$0] }
    let comparison = VoiceComparison(panel, base: base, systems: [base, odd.map { [$0, $0] }])
    #expect(comparison.scores(drawing: Array(odd.indices.reversed())) == comparison.scores)
    let draw = comparison.scores(drawing: odd.indices.map { $0 / 3 })
    #expect(draw != comparison.scores && draw[0].metrics.values.allSatisfy { $0 == 0 })
  }

  @Test("A score's median is that of its metrics, and none without any")
  func median() {
    #expect(VoiceScore(metrics: [.punctuation: 1, .functionWords: 0, .cosineDelta: 0.25]).median == 0.25)
    #expect(VoiceScore(metrics: [.punctuation: 1, .functionWords: 0.5]).median == 0.75)
    #expect(VoiceScore(metrics: [:]).median == nil)
  }

  @Test("Texts are cut at the ends of paragraphs, with what is left dropped unless it is all there is")
  func chunks() {
    #expect(
      TextChunks.cut(["a b\n\nc", "d e\n \n\nf g\nh\n\n", "i"], words: 3) == ["a b\n\nc", "d e\n\nf g\nh"])
    #expect(
      TextChunks.cut(["a b", "c"], words: 9) == ["a b\n\nc"] && TextChunks.cut(["", " \n"], words: 1).isEmpty)
    #expect(TextChunks.spread(["a", "b", "c", "d", "e"], count: 2) == ["a", "c"])
    #expect(TextChunks.spread(["a", "b"], count: 2) == ["a", "b"])
  }

  @Test("Function words are different from each other and spelled as the words of a text are")
  func functionWords() {
    #expect(Set(FunctionWords.all).count == FunctionWords.all.count && FunctionWords.all.count > 150)
    #expect(FunctionWords.all.allSatisfy { TextUnits($0).words == [$0] })
  }
}
