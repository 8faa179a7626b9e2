/// Lines over a common axis: learning curves, distributions.
struct SeriesPlot {
  /// One line.
  struct Series {
    let name: String
    /// The class that colours it: a system's.
    let style: String
    let points: [(x: Double, y: Double)]
    var isFilled = false
    var isFaint = false
    var hasDots = false
  }

  let series: [Series]
  let xTitle: String
  let yTitle: String
  var yFromZero = false

  private static let size = (width: 360.0, height: 216.0)
  private static let inset = (left: 40.0, right: 12.0, top: 10.0, bottom: 34.0)

  /// The plot with its legend; empty where there is no point.
  var svg: String {
    let points = series.flatMap(\.points)
    guard let left = points.map(\.x).min(), let right = points.map(\.x).max(),
      let low = points.map(\.y).min(), let high = points.map(\.y).max()
    else { return "" }
    let bottom = yFromZero ? min(0, low) : low - 0.05 * (high - low)
    let x = PlotScale(left...right, from: Self.inset.left, to: Self.size.width - Self.inset.right)
    let y = PlotScale(
      bottom...high + 0.05 * (high - bottom), from: Self.size.height - Self.inset.bottom, to: Self.inset.top)
    let marks = axes(x, y) + series.map { mark($0, x, y) }.joined(separator: "\n")
    return """
      <svg viewBox="0 0 360 216" role="img" aria-label="\(HTML.text(yTitle)) by \(HTML.text(xTitle))">
      \(marks)
      </svg>
      \(Self.legend(series.filter { !$0.isFaint }.map { ($0.name, $0.style) }))
      """
  }

  /// What the colours mean.
  static func legend(_ entries: [(name: String, style: String)]) -> String {
    let items = entries.map { "<li><i class=\"chip \($0.style)\"></i>\(HTML.text($0.name))</li>" }
    return "<ul class=\"legend\">\(items.joined())</ul>"
  }

  private func axes(_ x: PlotScale, _ y: PlotScale) -> String {
    let floor = HTML.coordinate(y.places.from)
    let (left, right) = (HTML.coordinate(x.places.from), HTML.coordinate(x.places.to))
    var lines = y.ticks(4).map { tick in
      let place = HTML.coordinate(y.place(tick))
      return
        "<path class=\"grid\" d=\"M\(left) \(place)H\(right)\"/><text class=\"tick end\" x=\"\(HTML.coordinate(x.places.from - 6))\" y=\"\(HTML.coordinate(y.place(tick) + 4))\">\(PlotScale.label(tick))</text>"
    }
    lines += x.ticks(6).map { tick in
      "<text class=\"tick middle\" x=\"\(HTML.coordinate(x.place(tick)))\" y=\"\(HTML.coordinate(y.places.from + 15))\">\(PlotScale.label(tick))</text>"
    }
    lines.append("<path class=\"axis\" d=\"M\(left) \(floor)H\(right)\"/>")
    lines.append(
      "<text class=\"tick end\" x=\"\(right)\" y=\"\(HTML.coordinate(Self.size.height - 4))\">\(HTML.text(xTitle))</text>"
    )
    return lines.joined(separator: "\n")
  }

  private func mark(_ series: Series, _ x: PlotScale, _ y: PlotScale) -> String {
    let places = series.points.map { "\(HTML.coordinate(x.place($0.x))) \(HTML.coordinate(y.place($0.y)))" }
    guard let first = series.points.first, let last = series.points.last else { return "" }
    let line = "M" + places.joined(separator: "L")
    var marks = ""
    if series.isFilled {
      let floor = HTML.coordinate(y.places.from)
      marks +=
        "<path class=\"area \(series.style)\" d=\"\(line)L\(HTML.coordinate(x.place(last.x))) \(floor)L\(HTML.coordinate(x.place(first.x))) \(floor)Z\"/>"
    }
    marks += "<path class=\"line \(series.style)\(series.isFaint ? " faint" : "")\" d=\"\(line)\"/>"
    if series.hasDots {
      marks += series.points.map {
        "<circle class=\"dot \(series.style)\" cx=\"\(HTML.coordinate(x.place($0.x)))\" cy=\"\(HTML.coordinate(y.place($0.y)))\" r=\"2.6\"/>"
      }.joined()
    }
    return marks
  }
}
