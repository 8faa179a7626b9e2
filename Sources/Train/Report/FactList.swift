/// Lines of `name  fact`, the facts aligned.
package enum FactList {
  package static func lines(_ facts: [(name: String, fact: String)]) -> [String] {
    let column = (facts.map(\.name.count).max() ?? 0) + 2
    return facts.map { $0.name.padded(to: column) + $0.fact }
  }
}
