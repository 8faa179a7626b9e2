/// How well each metric tells one writer from others, on text that it was not built from.
///
/// The writer's text is cut to chunks, and these to five runs. A chunk of a run, and an equal share of the others'
/// chunks, is compared with the writer's other four runs; the area under the ROC curve is how often the writer's
/// chunk is the nearer one.
public struct VoiceSeparation: Equatable, Sendable {
  /// The area under which a metric is muted: one that cannot tell this writer from others says nothing of a draft.
  public static let leastArea = 0.75
  /// Fewer chunks than this on a side are not judged.
  public static let fewestChunks = 10
  /// More chunks than this of one writer are thinned out evenly: they would say little more.
  public static let mostChunks = 100

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

  /// Judges the metrics; nil where there are too few chunks.
  init?(writer: [VoiceProfile], others: [VoiceProfile], words: Int, features: VoiceFeatures) {
    guard min(writer.count, others.count) >= Self.fewestChunks else { return nil }
    let folds = 5
    let total = writer.reduce(into: features.empty, +=)
    var same: [VoiceMetric: [Double]] = [:]
    var different: [VoiceMetric: [Double]] = [:]
    for fold in 0..<folds {
      // Runs and not every fifth chunk: neighbours may be of one post, whose topic would tell them.
      let held = writer[writer.count * fold / folds..<writer.count * (fold + 1) / folds]
      let rest = held.reduce(into: total, -=)
      for chunk in held {
        for (metric, distance) in features.distances(chunk, rest) {
          same[metric, default: []].append(distance)
        }
      }
      for chunk in stride(from: fold, to: others.count, by: folds).map({ others[$0] }) {
        for (metric, distance) in features.distances(chunk, rest) {
          different[metric, default: []].append(distance)
        }
      }
    }
    areas = same.reduce(into: [:]) { areas, entry in
      areas[entry.key] = AreaUnderCurve.ofDistance(same: entry.value, different: different[entry.key] ?? [])
    }
    self.words = words
    ownChunks = writer.count
    otherChunks = others.count
  }

  /// The size of a chunk at which every side has enough of them: 1,500 words, or what the smallest side allows, and at
  /// least 300, below which frequencies are noise.
  static func chunkSize(_ sides: [[String]]) -> Int {
    let smallest = sides.map { $0.reduce(0) { $0 + Seed.wordCount(of: $1) } }.min() ?? 0
    return min(1500, max(300, smallest / (fewestChunks + 2)))
  }
}
