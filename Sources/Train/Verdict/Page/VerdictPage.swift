import Files
import Foundation

/// `report.html`: a verdict as one page that needs nothing from elsewhere.
struct VerdictPage {
  private let outcome: VerdictOutcome
  /// The words of the writer's held-out pieces and of the plotted systems' drafts.
  private let uses: WordUse

  /// The systems of plots, each with the class that colours it: adapter + few-shot would crowd them.
  private static let plotted: [ComparedSystem] = [.base, .promptedBase, .adapter]

  init(_ outcome: VerdictOutcome) {
    self.outcome = outcome
    uses = WordUse([outcome.pieces.map(\.text)] + Self.plotted.map { Self.bodies(of: $0, outcome) })
  }

  /// The page.
  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(HTML.text("\(outcome.decision.verdict.rawValue): \(name)"))</title>
    <style>
    \(PageStyle.css)
    </style>
    </head>
    <body>
    \(header)
    \(HTML.card("The systems", systemsCaption, VerdictTables.systems(outcome)))
    \(HTML.card("Adapter against prompted base", effectsCaption, VerdictTables.effects(outcome)))
    <div class="plots">
    \(plots.joined(separator: "\n"))
    </div>
    \(DraftColumns.html(outcome))
    \(footer)
    </body>
    </html>

    """
  }

  /// The last part of the adapter's path.
  private var name: String { URL(fileURLWithPath: outcome.run.adapterPath).lastPathComponent }

  private var header: String {
    let verdict = outcome.decision.verdict
    let pieces = NumberText.counted(outcome.pieces.count, "held-out post")
    let drafts = outcome.systems.reduce(0) { $0 + $1.allDrafts.count }
    let facts = [
      outcome.date.formatted(.iso8601.year().month().day()), "\(pieces) scored",
      "\(NumberText.counted(drafts, "draft")) from \(NumberText.counted(outcome.places.count, "seed"))",
      "base \(outcome.run.basePath)",
    ]
    return """
      <header>
      <h1>\(HTML.text(name))</h1>
      <p class="verdict"><span class="badge \(verdict == .keep ? "keep" : verdict == .retire ? "retire" : "")">\
      \(HTML.text(verdict.rawValue))</span></p>
      <p class="reason">\(HTML.text(sentence(outcome.decision.summary)))</p>
      <p class="facts">\(HTML.text(facts.joined(separator: " · ")))</p>
      </header>
      """
  }

  private func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

  private var systemsCaption: String {
    "The same held-out seeds and the same sampling for all. The prompted systems have as many of the writer's other posts"
      + " before the seed as fit into \(NumberText.grouped(outcome.window)) tokens, nearest by topic. Voice: 0 is the"
      + " base, 1 as near to the writer as the writer's own text."
  }

  private var effectsCaption: String {
    "Each bar is a 95 % interval over the held-out posts; right of the line is in favour of the adapter, and a bar that"
      + " stays right of the dashed mark is not worse. “Could show” is the smallest true difference that this many posts"
      + " would show four times in five."
  }

  // MARK: Plots

  private var plots: [String] {
    [lossPlot, sentencePlot, paragraphPlot, functionWordPlot, wordPlot, voicePlot].compactMap(\.self)
  }

  private var lossPlot: String? {
    let steps = outcome.record?["steps"]?.arrayValue?.compactMap { $0["loss"]?.doubleValue } ?? []
    guard !steps.isEmpty else { return nil }
    let raw = steps.enumerated().map { (x: Double($0.offset + 1), y: $0.element) }
    // A moving mean over a twentieth of the run, so that the trend shows through the batches' differences.
    let reach = max(1, steps.count / 40)
    let smooth = steps.indices.map { index in
      let near = steps[max(0, index - reach)...min(steps.count - 1, index + reach)]
      return (x: Double(index + 1), y: near.reduce(0, +) / Double(near.count))
    }
    let heldOut = (outcome.record?["evaluations"]?.arrayValue ?? []).compactMap {
      entry -> (x: Double, y: Double)? in
      guard let step = entry["step"]?.intValue, let loss = entry["loss"]?.doubleValue else { return nil }
      return (Double(step), loss)
    }
    let plot = SeriesPlot(
      series: [
        .init(name: "training", style: "prompted", points: raw, isFaint: true),
        .init(name: "training", style: "prompted", points: smooth),
        .init(name: "held out", style: "adapter", points: heldOut, hasDots: true),
      ], xTitle: "step", yTitle: "loss")
    return HTML.card("Training", "Loss in nats a token, step by step.", plot.svg)
  }

  private var sentencePlot: String {
    lengthPlot(
      "Sentence length", "sentence", "Percent of sentences by their words; longer ones at the right end.",
      of: \.sentenceLengths, bin: 4, bins: 12)
  }

  private var paragraphPlot: String {
    lengthPlot(
      "Paragraph length", "paragraph", "Percent of paragraphs by their words; longer ones at the right end.",
      of: \.paragraphLengths, bin: 16, bins: 12)
  }

  private func lengthPlot(
    _ title: String, _ noun: String, _ caption: String, of lengths: (TextUnits) -> [Int], bin: Int, bins: Int
  ) -> String {
    func points(_ texts: [String]) -> [(x: Double, y: Double)] {
      LengthShares.points(texts.flatMap { lengths(TextUnits($0)) }, bin: bin, bins: bins)
    }
    let writer = SeriesPlot.Series(
      name: "writer", style: "writer", points: points(outcome.pieces.map(\.text)), isFilled: true)
    let systems = Self.plotted.map {
      SeriesPlot.Series(name: $0.name, style: $0.style, points: points(bodies(of: $0)))
    }
    let plot = SeriesPlot(
      series: [writer] + systems, xTitle: "words in a \(noun)", yTitle: "percent", yFromZero: true)
    return HTML.card(title, caption, plot.svg)
  }

  private var functionWordPlot: String {
    let functionWords = Set(FunctionWords.all)
    return wordPlot(
      "Small words", "Function words that tell the writer from the base most; uses in 1,000 words.",
      words: uses.telling(12) { functionWords.contains($0) })
  }

  private var wordPlot: String {
    let functionWords = Set(FunctionWords.all)
    return wordPlot(
      "The writer's words", "Other words that the writer uses more than the base; uses in 1,000 words.",
      words: uses.telling(12, onlyMore: true) { !functionWords.contains($0) && $0.count > 1 })
  }

  private func wordPlot(_ title: String, _ caption: String, words: [String]) -> String {
    let sides = [("writer", "writer")] + Self.plotted.map { ($0.name, $0.style) }
    let plot = DotPlot(
      rows: words.map { word in
        DotPlot.Row(name: word, values: sides.indices.map { uses.rate(word, $0) })
      }, systems: sides, xTitle: "uses in 1,000 words")
    return HTML.card(title, caption, plot.svg)
  }

  private var voicePlot: String? {
    let systems = outcome.systems.filter { $0.system != .base && $0.voice != nil }
    let metrics = VoiceMetric.allCases.filter { metric in
      systems.contains { $0.voice?.metrics[metric] != nil }
    }
    guard !metrics.isEmpty else { return nil }
    let muted = VoiceMetric.allCases.filter { !outcome.panel.metrics.contains($0) }.map(\.name)
    let plot = DotPlot(
      rows: metrics.map { metric in
        DotPlot.Row(name: metric.name, values: systems.map { $0.voice?.metrics[metric] })
      }, systems: systems.map { ($0.system.name, $0.system.style) }, xTitle: "0 base, 1 writer",
      including: [0, 1], guides: [0, 1])
    let caption =
      muted.isEmpty
      ? "How near the drafts are to the writer, by each metric."
      : "By each metric that tells this writer from others; muted: \(muted.joined(separator: ", "))."
    return HTML.card("Voice", caption, plot.svg)
  }

  private func bodies(of system: ComparedSystem) -> [String] { Self.bodies(of: system, outcome) }

  private static func bodies(of system: ComparedSystem, _ outcome: VerdictOutcome) -> [String] {
    outcome.systems.first { $0.system == system }?.allDrafts.map(\.draft.titleAndBody.body) ?? []
  }

  private var footer: String {
    let paragraphs =
      [
        "An adapter is kept where it beats the prompted base beyond chance in bits per byte, voice, p95 latency or cost"
          + " (their intervals are widened so that all of them together are wrong one time in twenty at most) and may be"
          + " worse by no more than the margin in bits per byte (2 %), voice and adherence (0.1) and copying (one draft in"
          + " ten). Intervals are from \(NumberText.grouped(ClusterBootstrap.resamples)) draws of whole posts with"
          + " replacement, bias-corrected and accelerated.",
        "A draft counts as copied from a run of \(outcome.copyingLimit.run) words on that is also in the training posts,"
          + " or where more than \(NumberText.fixed(100 * outcome.copyingLimit.containment, 1)) % of its runs of eight"
          + " words are.",
      ] + outcome.notes
    let fingerprint =
      "lora-train \(PackageVersion.text) · evaluation \(outcome.evaluationFingerprint.hex.prefix(12)) · base"
      + " \(outcome.baseFingerprint.hex.prefix(12)) · \(outcome.archives.joined(separator: ", "))"
    return "<footer>\n"
      + (paragraphs + [fingerprint]).map { "<p>\(HTML.text($0))</p>" }.joined(separator: "\n")
      + "\n</footer>"
  }
}

extension ComparedSystem {
  /// The class that colours the system.
  var style: String {
    switch self {
    case .base: "base"
    case .promptedBase: "prompted"
    case .adapter: "adapter"
    case .promptedAdapter: "both"
    case .external: "outside"
    }
  }
}
