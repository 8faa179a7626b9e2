import Foundation

/// The tables of the page.
enum VerdictTables {
  /// One line of the table of systems.
  private struct Line {
    let name: String
    /// The values in the order of the systems.
    let values: [Double?]
    /// Whether more is better; nil where nothing is best.
    var isBetterHigh: Bool?
    /// Whether it is a part of the line above.
    var isPart = false
    let text: (Double) -> String
  }

  /// A column a system, a line a measure; the best value of a line stands out.
  static func systems(_ outcome: VerdictOutcome) -> String {
    let systems = outcome.systems
    func line(
      _ name: String, better: Bool? = nil, part: Bool = false, _ text: @escaping (Double) -> String,
      _ value: (SystemResult) -> Double?
    ) -> Line {
      Line(name: name, values: systems.map(value), isBetterHigh: better, isPart: part, text: text)
    }
    let percent = { (share: Double) in "\(NumberText.fixed(100 * share, 0)) %" }
    let fixed = { (digits: Int) in { (value: Double) in NumberText.fixed(value, digits) } }
    func share(_ count: Int, _ system: SystemResult) -> Double? {
      system.allDrafts.isEmpty ? nil : Double(count) / Double(system.allDrafts.count)
    }
    let lines = [
      line("Bits per byte", better: false, fixed(3)) { $0.bitsPerByte },
      line("Voice", better: true, fixed(2)) { $0.system == .base ? 0 : $0.voice?.median },
      line("Adherence to the seed", better: true, fixed(2)) { $0.adherence },
      line("length off by", part: true, percent) { $0.lengthError },
      line("words of the seed taken up", part: true, percent) { $0.topicCoverage },
      line("paragraphs of the kind", part: true, percent) { $0.kindShare },
      line("ended by itself", part: true, percent) { share($0.endedCount, $0) },
      line("Drafts that copy", better: false, percent) { share($0.copiedCount, $0) },
      line("longest copied run, words", part: true, fixed(0)) { Double($0.longestRun) },
      line("runs of eight words copied", part: true, { "\(NumberText.fixed(100 * $0, 2)) %" }) {
        $0.containment
      },
      line("Time of a draft, p50", better: false, GateText.milliseconds) { $0.latency?.p50 },
      line("p95", part: true, GateText.milliseconds) { $0.latency?.p95 },
      line("Cost of 1,000 drafts", better: false, EffectText.cost) { $0.costPerDraft },
    ].filter { $0.values.contains { $0 != nil } }
    let heads = systems.map {
      "<th scope=\"col\"><i class=\"chip \($0.system.style)\"></i>\(HTML.text($0.system.name))</th>"
    }
    return
      "<div class=\"scroll\"><table class=\"systems\">\n<thead><tr><th></th>\(heads.joined())</tr></thead>\n<tbody>\n"
      + lines.map(row).joined(separator: "\n") + "\n</tbody></table></div>"
  }

  private static func row(_ line: Line) -> String {
    let known = line.values.compactMap(\.self)
    let best = line.isBetterHigh.flatMap { $0 ? known.max() : known.min() }
    // Where all are alike none is best.
    let isTold = Set(known.map(line.text)).count > 1
    let cells = line.values.map { value in
      let isBest = isTold && value != nil && best.map(line.text) == value.map(line.text)
      return "<td\(isBest ? " class=\"best\"" : "")>\(HTML.text(value.map(line.text) ?? "–"))</td>"
    }
    return
      "<tr\(line.isPart ? " class=\"part\"" : "")><th scope=\"row\">\(HTML.text(line.name))</th>\(cells.joined())</tr>"
  }

  /// The adapter against the prompted base: the difference, its interval drawn and in numbers, and what it means.
  static func effects(_ outcome: VerdictOutcome) -> String {
    let rows = outcome.effects.map { effect in
      let (style, word) =
        effect.isWin
        ? ("win", "better")
        : effect.mayBeWorse
          ? ("fault", effect.interval.upper < 0 ? "worse" : "may be worse")
          : ("", effect.margin == nil ? "not told apart" : "not worse")
      let cells = [
        ("", HTML.text(EffectText.sized(effect.difference, effect))), ("drawn", EffectMark.svg(effect)),
        ("wide", HTML.text(EffectText.range(effect.interval, effect))),
        ("wide", HTML.text(EffectText.number(effect.detectable, effect.measure))), ("verb \(style)", word),
      ]
      return "<tr><th scope=\"row\">\(HTML.text(EffectText.name(effect)))</th>"
        + cells.map { "<td class=\"\($0.0)\">\($0.1)</td>" }.joined() + "</tr>"
    }
    let heads = [
      ("", ""), ("", "better by"), ("drawn", ""), ("wide", "95 % interval"), ("wide", "could show"), ("", ""),
    ].map { "<th scope=\"col\" class=\"\($0.0)\">\($0.1)</th>" }
    return "<div class=\"scroll\"><table>\n<thead><tr>\(heads.joined())</tr></thead>\n<tbody>\n"
      + rows.joined(separator: "\n") + "\n</tbody></table></div>" + specificity(outcome)
  }

  private static func specificity(_ outcome: VerdictOutcome) -> String {
    guard let specificity = outcome.specificity else { return "" }
    func signed(_ value: Double) -> String { NumberText.signed(value, 3) }
    let text =
      "Specificity: the adapter saves \(signed(specificity.own)) bits per byte on this writer and"
      + " \(signed(specificity.others)) on other writers, \(signed(specificity.difference)) more here (95 % interval"
      + " \(signed(specificity.interval.lower)) to \(signed(specificity.interval.upper)))."
    return "<p class=\"caption\">\(HTML.text(text))</p>"
  }
}
