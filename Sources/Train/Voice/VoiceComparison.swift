/// The drafts of several systems for the same pieces, beside the base's, on the scale of a writer's voice.
public struct VoiceComparison: Sendable {
  /// One system's drafts.
  public struct Side: Sendable {
    /// What was counted in the drafts of each piece.
    public let pieces: [VoiceProfile]
    /// The distances of all drafts together to the writer.
    public let distances: [VoiceMetric: Double]
    /// The distances of as much of the writer's own text.
    public let ownDistances: [VoiceMetric: Double]

    init(_ pieces: [[String]], panel: VoicePanel) {
      self.pieces = pieces.map(panel.profile)
      let all = panel.sum(of: self.pieces, at: Array(pieces.indices))
      distances = panel.distances(of: all)
      ownDistances = panel.ownDistances(words: all.words)
    }

    /// How much farther than the writer's own text; nil where a distance is missing.
    fileprivate func excess(_ metric: VoiceMetric, _ distances: [VoiceMetric: Double]) -> Double? {
      guard let distance = distances[metric], let own = ownDistances[metric] else { return nil }
      return distance - own
    }
  }

  /// The panel by which they are compared.
  public let panel: VoicePanel
  /// The base's drafts.
  public let base: Side
  /// Every system's drafts, in the order in which they were given.
  public let systems: [Side]
  /// The lengths of the scale: how much farther the base is than the writer's own text, where it is farther.
  private let lengths: [VoiceMetric: Double]

  /// Counts and compares the drafts.
  ///
  /// - Parameters:
  ///   - panel: of the writer.
  ///   - base: the drafts that the base alone wrote, a list a piece.
  ///   - systems: each other system's, for the same pieces in the same order.
  public init(_ panel: VoicePanel, base: [[String]], systems: [[[String]]]) {
    precondition(
      systems.allSatisfy { $0.count == base.count },
      "\(systems.map(\.count)) pieces are not the \(base.count) of the base")
    self.panel = panel
    self.base = Side(base, panel: panel)
    self.systems = systems.map { Side($0, panel: panel) }
    lengths = panel.metrics.reduce(into: [:]) { [base = self.base] lengths, metric in
      lengths[metric] = base.excess(metric, base.distances).flatMap { $0 > 0 ? $0 : nil }
    }
  }

  /// Each system's score over all pieces.
  public var scores: [VoiceScore] { systems.map { score($0, $0.distances, base: base.distances) } }

  /// Each system's score over some of the pieces, drawn with replacement.
  ///
  /// The scale's lengths and the writer's own distances stay those of all pieces, so that a draw moves the systems
  /// on the scale and not the scale.
  ///
  /// - Complexity: some 4,000 additions a piece and system; no text is read.
  public func scores(drawing pieces: [Int]) -> [VoiceScore] {
    func distances(_ side: Side) -> [VoiceMetric: Double] {
      panel.distances(of: panel.sum(of: side.pieces, at: pieces))
    }
    let drawn = distances(base)
    return systems.map { score($0, distances($0), base: drawn) }
  }

  private func score(
    _ system: Side, _ distances: [VoiceMetric: Double], base baseDistances: [VoiceMetric: Double]
  ) -> VoiceScore {
    var scores: [VoiceMetric: Double] = [:]
    for (metric, length) in lengths {
      guard let near = system.excess(metric, distances), let far = base.excess(metric, baseDistances) else {
        continue
      }
      scores[metric] = (far - near) / length
    }
    return VoiceScore(metrics: scores)
  }
}
