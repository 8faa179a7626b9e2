import Foundation

/// Numbers as reports write them.
package enum NumberText {
  /// "1,850": a whole number in groups of three.
  package static func grouped(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return number < 0 ? "-\(text)" : text
  }

  /// The number with so many digits after the point.
  static func fixed(_ number: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", number) }

  /// The number with its sign, a minus sign rather than a hyphen, and so many digits after the point.
  static func signed(_ number: Double, _ digits: Int) -> String {
    (number < 0 ? "−" : "+") + fixed(abs(number), digits)
  }

  /// A rate, rounded; "–" where nothing was measured.
  static func rate(_ count: Int, seconds: Double) -> String {
    let rate = Double(count) / seconds
    guard rate.isFinite, rate < 1e15 else { return "–" }
    return grouped(Int(rate.rounded()))
  }

  /// "0:42", "12:05", "3:07:00".
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
    let whole = Int(seconds.rounded())
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    return hours > 0
      ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }

  /// "1 step", "2 steps".
  package static func counted(_ count: Int, _ noun: String) -> String {
    "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
  }
}
