/// An effect as a small drawing: the interval, the point in it, zero, and how much worse would still pass.
enum EffectMark {
  static func svg(_ effect: Effect) -> String {
    let ends = [effect.interval.lower, effect.interval.upper].filter(\.isFinite)
    let reach = 1.12 * max((ends + [effect.difference, effect.margin ?? 0]).map(abs).max() ?? 0, 1e-12)
    let x = PlotScale(-reach...reach, from: 4, to: 156)
    func at(_ value: Double) -> String { HTML.coordinate(x.place(value)) }
    let style = effect.isWin ? "win" : effect.mayBeWorse ? "fault" : "even"
    let margin =
      effect.margin.map { "<path class=\"margin\" d=\"M\(at(-$0)) 4V18\"/>" } ?? ""
    return """
      <svg class="effect" viewBox="0 0 160 22" aria-hidden="true"><path class="axis" d="M\(at(0)) 1V21"/>\(margin)\
      <path class="interval \(style)" d="M\(at(effect.interval.lower)) 11H\(at(effect.interval.upper))"/>\
      <circle class="point \(style)" cx="\(at(effect.difference))" cy="11" r="4"/></svg>
      """
  }
}
