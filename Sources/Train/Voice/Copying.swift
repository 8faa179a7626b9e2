/// How much of a text is copied from others, word by word.
public struct Copying: Equatable, Sendable {
  /// The words of a run that count as copied.
  public static let runLength = 8

  /// The words of the longest run that is also in one of the others.
  public let longestRun: Int
  /// The share of the text's different runs of ``runLength`` words that are also in the others, 0 where it has none.
  public let containment: Double

  /// Compares the words of a text with those of others.
  ///
  /// - Complexity: the product of the text's words and those of the others, in time.
  public init(_ text: [String], from others: [[String]]) {
    longestRun = others.map { Copying.longestRun(text, $0) }.max() ?? 0
    let runs = Copying.runs(text)
    let known = others.reduce(into: Set<ArraySlice<String>>()) { $0.formUnion(Copying.runs($1)) }
    containment = runs.isEmpty ? 0 : Double(runs.intersection(known).count) / Double(runs.count)
  }

  private static func runs(_ words: [String]) -> Set<ArraySlice<String>> {
    guard words.count >= runLength else { return [] }
    return Set((0...words.count - runLength).map { words[$0..<$0 + runLength] })
  }

  /// The longest common run, by the lengths of those that end at each pair of words.
  private static func longestRun(_ left: [String], _ right: [String]) -> Int {
    var places: [String: [Int]] = [:]
    for (place, word) in right.enumerated() { places[word, default: []].append(place) }
    var lengths: [Int: Int] = [:]
    var longest = 0
    for word in left {
      var next: [Int: Int] = [:]
      for place in places[word] ?? [] {
        let length = (lengths[place - 1] ?? 0) + 1
        next[place] = length
        longest = max(longest, length)
      }
      lengths = next
    }
    return longest
  }
}
