/// How well each metric tells one writer from others, on text that it was not built from.
///
/// Everyone's text is cut to chunks, and these to five runs. The chunks of a run are compared with the writer's other
/// four, and what is usual is learned without them too; the area under the ROC curve is how often a chunk by the
/// writer is nearer than one by another.
public struct VoiceSeparation: Equatable, Sendable {
  /// The area under which a metric is muted: one that cannot tell this writer from others says nothing of a draft.
  public static let leastArea = 0.75
  /// Fewer chunks than this on a side are not judged.
  public static let fewestChunks = 10
  /// More chunks than this of one writer are thinned out evenly: they would say little more.
  public static let mostChunks = 100

  private static let folds = 5

  /// The area under the curve of each metric.
  public let areas: [VoiceMetric: Double]
  /// The words that a chunk has at least.
  public let words: Int
  /// The number of the writer's chunks.
  public let ownChunks: Int
  /// The number of the others' chunks.
  public let otherChunks: Int

  /// The metrics that are not muted.
  public var telling: [VoiceMetric] {
    VoiceMetric.allCases.filter { (areas[$0] ?? 0) >= VoiceSeparation.leastArea }
  }

  /// Judges the metrics on texts cut to chunks; nil where there are too few chunks.
  ///
  /// - Parameters:
  ///   - writer: the writer's texts.
  ///   - others: texts by other people, a list a writer.
  ///   - words: the words that a chunk has at least.
  public init?(writer: [String], others: [[String]], words: Int) {
    let (features, chunks) = VoiceFeatures.learned(from: Self.chunks([writer] + others, words: words))
    self.init(chunks, words: words, features: features)
  }

  /// Judges the metrics on what was counted in chunks; nil where there are too few chunks.
  ///
  /// - Parameters:
  ///   - writers: the chunks of the writer and then of each other.
  ///   - words: the words that a chunk has at least.
  ///   - features: what was counted.
  init?(_ writers: [[VoiceProfile]], words: Int, features: VoiceFeatures) {
    let (own, others) = (writers.first?.count ?? 0, writers.dropFirst().reduce(0) { $0 + $1.count })
    guard min(own, others) >= Self.fewestChunks else { return nil }
    var same: [VoiceMetric: [Double]] = [:]
    var different: [VoiceMetric: [Double]] = [:]
    for fold in 0..<Self.folds {
      // Runs and not every fifth chunk: neighbours may be of one post, whose topic would tell them.
      let held = writers.map { $0[$0.count * fold / Self.folds..<$0.count * (fold + 1) / Self.folds] }
      let rest = zip(writers, held).map { Array($0[..<$1.startIndex] + $0[$1.endIndex...]) }
      var features = features
      features.fit(to: rest)
      let writer = rest[0].reduce(into: features.empty, +=)
      for (side, chunks) in held.enumerated() {
        for (metric, distance) in chunks.flatMap({ features.distances($0, writer) }) {
          if side == 0 {
            same[metric, default: []].append(distance)
          } else {
            different[metric, default: []].append(distance)
          }
        }
      }
    }
    areas = same.reduce(into: [:]) { areas, entry in
      areas[entry.key] = AreaUnderCurve.ofDistance(same: entry.value, different: different[entry.key] ?? [])
    }
    self.words = words
    ownChunks = own
    otherChunks = others
  }

  /// Everyone's texts cut to chunks, the most of them that are judged.
  static func chunks(_ writers: [[String]], words: Int) -> [[String]] {
    writers.map { TextChunks.spread(TextChunks.cut($0, words: words), count: mostChunks) }
  }

  /// The size of a chunk in words: 1,500, or less so that the smallest side has some 25, and at least 300, below which
  /// frequencies are noise.
  static func chunkSize(_ sides: [[String]]) -> Int {
    let smallest = sides.map { $0.reduce(0) { $0 + Seed.wordCount(of: $1) } }.min() ?? 0
    return min(1500, max(300, smallest / 25))
  }
}
