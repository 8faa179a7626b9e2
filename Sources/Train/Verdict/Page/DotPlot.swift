/// Rows of dots on a common axis, a dot a system: rates of words, scores of metrics.
struct DotPlot {
  /// One row.
  struct Row {
    let name: String
    /// The values in the order of the plot's systems; nil where a system has none.
    let values: [Double?]
  }

  let rows: [Row]
  /// The systems, each with the class that colours it.
  let systems: [(name: String, style: String)]
  let xTitle: String
  /// Values that the axis shows in any case.
  var including: [Double] = [0]
  /// Values with a line across all rows.
  var guides: [Double] = []

  private static let width = 360.0
  private static let rowHeight = 21.0

  /// The plot with its legend; empty without rows.
  var svg: String {
    let all = rows.flatMap { $0.values.compactMap(\.self) } + including
    guard !rows.isEmpty, let low = all.min(), let high = all.max() else { return "" }
    let label = 8 + 6.6 * Double(rows.map(\.name.count).max() ?? 0)
    let edge = 0.04 * (high - low)
    let x = PlotScale(low - (low < 0 ? edge : 0)...high + edge, from: label + 6, to: Self.width - 10)
    let bottom = Double(rows.count) * Self.rowHeight + 8
    var marks = guides.map {
      "<path class=\"guide\" d=\"M\(HTML.coordinate(x.place($0))) 4V\(HTML.coordinate(bottom))\"/>"
    }
    marks += x.ticks(5).map {
      "<text class=\"tick middle\" x=\"\(HTML.coordinate(x.place($0)))\" y=\"\(HTML.coordinate(bottom + 14))\">\(PlotScale.label($0))</text>"
    }
    marks.append(
      "<text class=\"tick end\" x=\"350\" y=\"\(HTML.coordinate(bottom + 30))\">\(HTML.text(xTitle))</text>")
    for (index, row) in rows.enumerated() { marks.append(mark(row, index, x, label)) }
    return """
      <svg viewBox="0 0 360 \(HTML.coordinate(bottom + 34))" role="img" aria-label="\(HTML.text(xTitle))">
      \(marks.joined(separator: "\n"))
      </svg>
      \(SeriesPlot.legend(systems.map { ($0.name, $0.style) }))
      """
  }

  private func mark(_ row: Row, _ index: Int, _ x: PlotScale, _ label: Double) -> String {
    let middle = (Double(index) + 0.5) * Self.rowHeight + 4
    let y = HTML.coordinate(middle)
    let places = row.values.map { $0.map(x.place) }
    let known = places.compactMap(\.self)
    var marks =
      "<text class=\"label end\" x=\"\(HTML.coordinate(label))\" y=\"\(HTML.coordinate(middle + 4))\">\(HTML.text(row.name))</text><path class=\"grid\" d=\"M\(HTML.coordinate(x.places.from)) \(y)H\(HTML.coordinate(x.places.to))\"/>"
    if let low = known.min(), let high = known.max() {
      marks += "<path class=\"span\" d=\"M\(HTML.coordinate(low)) \(y)H\(HTML.coordinate(high))\"/>"
    }
    for (place, system) in zip(places, systems) {
      guard let place else { continue }
      if system.style == "writer" {
        // What the others are held against: a bar, which shows behind a dot.
        marks +=
          "<path class=\"goal writer\" d=\"M\(HTML.coordinate(place)) \(HTML.coordinate(middle - 6.5))v13\"/>"
      } else {
        marks +=
          "<circle class=\"dot \(system.style)\" cx=\"\(HTML.coordinate(place))\" cy=\"\(y)\" r=\"4.2\"/>"
      }
    }
    return marks
  }
}
