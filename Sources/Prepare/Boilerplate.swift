import Train

/// Paragraphs that stand at the head or foot of many pieces: a line about the author, a call to subscribe.
struct Boilerplate {
  /// Paragraphs looked at from either end of a piece.
  private static let reach = 3
  /// Shorter paragraphs are a writer's own habits: "More tomorrow."
  private static let minimumWords = 5

  private let paragraphs: Set<String>

  /// Finds what is repeated in `texts`: in at least three of them, and in one of twenty.
  init(in texts: [String]) {
    var counts: [String: Int] = [:]
    for text in texts {
      let paragraphs = text.paragraphs
      let candidates = Set((paragraphs.prefix(Self.reach) + paragraphs.suffix(Self.reach)).map(String.init))
      for paragraph in candidates where Seed.wordCount(of: paragraph) >= Self.minimumWords {
        counts[paragraph, default: 0] += 1
      }
    }
    let threshold = max(3, (texts.count + 19) / 20)
    paragraphs = Set(counts.filter { $0.value >= threshold }.keys)
  }

  /// Takes it off both ends of a text; a text of nothing else is left alone.
  func remove(from text: inout CleanText) {
    guard !paragraphs.isEmpty else { return }
    let all = text.text.paragraphs
    let last = all.count - Self.reach
    let kept = all.enumerated().filter { index, paragraph in
      !((index < Self.reach || index >= last) && paragraphs.contains(String(paragraph)))
    }
    guard !kept.isEmpty, kept.count < all.count else { return }
    text.count(.boilerplate, all.count - kept.count)
    text.text = kept.map(\.element).joined(separator: "\n\n")
  }
}

extension String {
  /// The parts between empty lines.
  fileprivate var paragraphs: [Substring] {
    var result: [Substring] = []
    var start = startIndex
    var index = startIndex
    let bytes = utf8
    while index < endIndex {
      let next = bytes.index(after: index)
      if bytes[index] == 0x0A, next < endIndex, bytes[next] == 0x0A {
        if start < index { result.append(self[start..<index]) }
        index = bytes.index(after: next)
        start = index
      } else {
        index = next
      }
    }
    if start < endIndex { result.append(self[start...]) }
    return result
  }
}
