import Foundation

/// Values of an axis to places on a page.
struct PlotScale {
  let values: ClosedRange<Double>
  let places: (from: Double, to: Double)

  /// - Parameter values: of any length; one of no length is widened.
  init(_ values: ClosedRange<Double>, from: Double, to: Double) {
    let isPoint = values.upperBound <= values.lowerBound
    self.values = isPoint ? values.lowerBound - 0.5...values.upperBound + 0.5 : values
    places = (from, to)
  }

  /// The place of a value; one outside is put at the end that it is beyond.
  func place(_ value: Double) -> Double {
    let clamped = min(max(value, values.lowerBound), values.upperBound)
    let share = (clamped - values.lowerBound) / (values.upperBound - values.lowerBound)
    return places.from + share * (places.to - places.from)
  }

  /// About `count` round values within the axis: multiples of 1, 2 or 5 times a power of ten.
  func ticks(_ count: Int) -> [Double] {
    let rough = (values.upperBound - values.lowerBound) / Double(max(1, count))
    let power = pow(10, floor(log10(rough)))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
    let first = (values.lowerBound / step).rounded(.up)
    let last = (values.upperBound / step).rounded(.down)
    return first > last ? [] : stride(from: first, through: last, by: 1).map { $0 * step }
  }

  /// A tick with no more digits than it takes to tell it from its neighbours.
  static func label(_ value: Double) -> String {
    let text = String(format: "%.3f", value == 0 ? 0 : value)
    let short = text.replacing(/\.?0+$/, with: "")
    return short.replacingOccurrences(of: "-", with: "−")
  }
}
