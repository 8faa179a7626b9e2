/// Lines of `name  fact`, the facts aligned.
enum FactList {
  static func lines(_ facts: [(name: String, fact: String)], width: Int? = nil) -> [String] {
    let column = width ?? (facts.map(\.name.count).max() ?? 0) + 2
    return facts.map { $0.name.padded(to: column) + $0.fact }
  }
}
