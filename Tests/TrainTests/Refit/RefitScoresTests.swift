import Testing

@testable import Train

@Suite("Which adapter a refit keeps") struct RefitScoresTests {
  /// Documents of 1,000 bytes that cost so many nats each, and by turns a little more or less.
  private static func documents(_ count: Int, _ nats: Double) -> [DocumentLoss] {
    (0..<count).map {
      DocumentLoss(nats: nats + ($0.isMultiple(of: 2) ? 1 : -1) * 0.5, tokens: 100, bytes: 1000)
    }
  }

  private static func scores(_ count: Int, old: Double?, prompted: Double, new: Double) -> RefitScores {
    RefitScores(
      old: old.map { documents(count, $0) }, prompted: documents(count, prompted), new: documents(count, new),
      seed: 0)
  }

  // Old, prompted and new in nats a document. With the same noise on all three every difference is exact, and its
  // interval a point.
  @Test(
    "Of the adapters that beat the prompted base the better is kept, and none where none does",
    arguments: [
      (600, 700, 590, RefitScores.Choice.new), (600, 700, 610, .old), (600, 700, 600, .new),
      (600, 590, 580, .new), (600, 600, 650, .neither), (600, 590, 595, .neither), (600, 650, 660, .old),
      (nil, 700, 690, .new), (nil, 700, 710, .neither),
    ] as [(Double?, Double, Double, RefitScores.Choice)])
  func choice(old: Double?, prompted: Double, new: Double, expected: RefitScores.Choice) {
    #expect(Self.scores(12, old: old, prompted: prompted, new: new).choice == expected)
  }

  @Test(
    "With fewer than twelve documents no adapter retires for a prompt",
    arguments: [
      (600, 500, 590, RefitScores.Choice.new), (600, 500, 610, .old), (nil, 500, 600, .new),
    ] as [(Double?, Double, Double, RefitScores.Choice)])
  func few(old: Double?, prompted: Double, new: Double, expected: RefitScores.Choice) {
    let scores = Self.scores(11, old: old, prompted: prompted, new: new)
    #expect(scores.choice == expected && !scores.isEvidence)
    #expect(scores.reason.hasSuffix("over 11 held-out documents, too few for a verdict beside a prompt)"))
  }

  @Test("The reason gives the difference that decided, and its interval")
  func reasons() {
    // 10 nats of 1,000 bytes are 10 / ln 2 / 1000 = 0.0144 bits per byte.
    #expect(
      Self.scores(12, old: 600, prompted: 700, new: 590).reason
        == "it is ahead of the old one by 0.014 bits per byte"
        + " (95 % interval of the difference +0.014 to +0.014, over 12 held-out documents)")
    #expect(
      Self.scores(12, old: 600, prompted: 590, new: 580).reason
        == "the old one is no better than the prompted base"
        + " (95 % interval -0.014 to -0.014, over 12 held-out documents)")
    #expect(
      Self.scores(12, old: nil, prompted: 600, new: 590).reason
        == "it saves 0.014 bits per byte beside the prompted base"
        + " (95 % interval +0.014 to +0.014, over 12 held-out documents)")
    #expect(
      Self.scores(12, old: 600, prompted: 590, new: 595).reason
        == "the prompted base is as good (95 % interval -0.007 to -0.007, over 12 held-out documents)")
  }

  @Test("The table has a line for each system, as long as its name, and JSON every score")
  func table() {
    let scores = Self.scores(12, old: 600, prompted: 700, new: 590)
    #expect(
      scores.lines(old: "adapters/posts-1", prompted: "base, prompted", new: "adapters/posts-2") == [
        "                  bits per byte   saved beside the prompted base (95 % interval)",
        "adapters/posts-1          0.866   +0.144 (+0.144 to +0.144)",
        "base, prompted            1.010",
        "adapters/posts-2          0.851   +0.159 (+0.159 to +0.159)",
      ])
    #expect(scores.json["keep"] == "new" && scores.json["documents"] == 12)
    #expect(scores.json["old"]?["bits_per_byte"]?.doubleValue == scores.old?.bitsPerByte)
  }
}
