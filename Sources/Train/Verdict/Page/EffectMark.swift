/// An effect as a small drawing: the interval, the point in it, zero, and how much worse would still pass.
enum EffectMark {
  static func svg(_ effect: Effect) -> String {
    let values = [effect.interval.lower, effect.interval.upper, effect.difference, effect.margin ?? 0]
    let reach = 1.12 * max(values.filter(\.isFinite).map(abs).max() ?? 0, 1e-12)
    let x = PlotScale(-reach...reach, from: 4, to: 156)
    func at(_ value: Double) -> String { HTML.coordinate(x.place(value)) }
    let style = effect.isWin ? "win" : effect.mayBeWorse ? "fault" : "even"
    // What is no number has no place.
    let margin =
      effect.margin.map { $0.isNaN ? "" : "<path class=\"margin\" d=\"M\(at(-$0)) 4V18\"/>" } ?? ""
    let point =
      effect.difference.isNaN
      ? "" : "<circle class=\"point \(style)\" cx=\"\(at(effect.difference))\" cy=\"11\" r=\"4\"/>"
    return """
      <svg class="effect" viewBox="0 0 160 22" aria-hidden="true"><path class="axis" d="M\(at(0)) 1V21"/>\(margin)\
      <path class="interval \(style)" d="M\(at(effect.interval.lower)) 11H\(at(effect.interval.upper))"/>\
      \(point)</svg>
      """
  }
}
