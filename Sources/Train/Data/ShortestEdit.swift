/// A shortest edit script after Myers (1986, "An O(ND) difference algorithm and its variations", section 4b): time
/// `O((N + M) D)` for `D` edits, memory `O(N + M)`.
///
/// An edit is a path through the grid of old against new from corner to corner: a step right cuts an old element,
/// a step down adds a new one, and a diagonal step keeps one that both have. The search runs from both corners at
/// once until the two meet on a shortest path, and goes on with the two halves.
struct ShortestEdit {
  /// What a search holds for a diagonal that it cannot be on yet.
  private static let unreached = -1

  private let old: [Int]
  private let new: [Int]
  /// The furthest `x` reached on each diagonal `x − y`, from the upper left; diagonal `k` at `k + new.count + 1`.
  private var forward: [Int]
  /// The same from the lower right.
  private var backward: [Int]
  private var changes: [WordDiff.Change] = []

  /// The changes that make `new` of `old`, in order, adjoining ones joined.
  static func changes(from old: [Int], to new: [Int]) -> [WordDiff.Change] {
    var search = ShortestEdit(old, new)
    search.compare(0..<old.count, 0..<new.count)
    return search.changes
  }

  private init(_ old: [Int], _ new: [Int]) {
    self.old = old
    self.new = new
    forward = Array(repeating: 0, count: old.count + new.count + 3)
    backward = forward
  }

  private mutating func compare(_ left: Range<Int>, _ upper: Range<Int>) {
    var (x, y) = (left, upper)
    while let a = x.first, let b = y.first, old[a] == new[b] {
      x = (a + 1)..<x.upperBound
      y = (b + 1)..<y.upperBound
    }
    while let a = x.last, let b = y.last, old[a] == new[b] {
      x = x.lowerBound..<a
      y = y.lowerBound..<b
    }
    if x.isEmpty || y.isEmpty { return add(x, y) }
    let (meetX, meetY) = meeting(x, y)
    compare(x.lowerBound..<meetX, y.lowerBound..<meetY)
    compare(meetX..<x.upperBound, meetY..<y.upperBound)
  }

  /// Adds a change, as one with the last where nothing is kept between them.
  private mutating func add(_ cut: Range<Int>, _ added: Range<Int>) {
    if cut.isEmpty && added.isEmpty { return }
    if let last = changes.last, last.cut.upperBound == cut.lowerBound,
      last.added.upperBound == added.lowerBound
    {
      changes[changes.count - 1] = WordDiff.Change(
        cut: last.cut.lowerBound..<cut.upperBound, added: last.added.lowerBound..<added.upperBound)
    } else {
      changes.append(WordDiff.Change(cut: cut, added: added))
    }
  }

  /// A point on a shortest path, neither of the two corners. Both ranges have elements, and neither their first nor
  /// their last ones are equal, so that the path has at least two edits.
  private mutating func meeting(_ x: Range<Int>, _ y: Range<Int>) -> (Int, Int) {
    let offset = new.count + 1
    let (start, end) = (x.lowerBound - y.lowerBound, x.upperBound - y.upperBound)
    let (lowest, highest) = (x.lowerBound - y.upperBound, x.upperBound - y.lowerBound)
    for diagonal in (lowest - 1)...(highest + 1) {
      forward[diagonal + offset] = ShortestEdit.unreached
      backward[diagonal + offset] = ShortestEdit.unreached
    }
    // As if each search had come to its corner by an edit before the first.
    forward[start + offset] = x.lowerBound
    backward[end + offset] = x.upperBound
    // The paths meet after as many edits from both corners, or after one more from the upper left.
    let meetsAhead = !(start - end).isMultiple(of: 2)
    for edits in 1... {
      for diagonal in stride(from: start - edits, through: start + edits, by: 2)
      where diagonal >= lowest && diagonal <= highest {
        let (cutting, adding) = (forward[diagonal - 1 + offset], forward[diagonal + 1 + offset])
        var reached = ShortestEdit.unreached
        if cutting != ShortestEdit.unreached, cutting < x.upperBound { reached = cutting + 1 }
        if adding != ShortestEdit.unreached, adding - diagonal <= y.upperBound {
          reached = max(reached, adding)
        }
        forward[diagonal + offset] = reached
        if reached == ShortestEdit.unreached { continue }
        while reached < x.upperBound, reached - diagonal < y.upperBound,
          old[reached] == new[reached - diagonal]
        {
          reached += 1
        }
        forward[diagonal + offset] = reached
        let other = backward[diagonal + offset]
        if meetsAhead, other != ShortestEdit.unreached, other <= reached {
          return (reached, reached - diagonal)
        }
      }
      for diagonal in stride(from: end - edits, through: end + edits, by: 2)
      where diagonal >= lowest && diagonal <= highest {
        let (adding, cutting) = (backward[diagonal - 1 + offset], backward[diagonal + 1 + offset])
        var reached = ShortestEdit.unreached
        if cutting != ShortestEdit.unreached, cutting > x.lowerBound { reached = cutting - 1 }
        if adding != ShortestEdit.unreached, adding - diagonal >= y.lowerBound {
          reached = reached == ShortestEdit.unreached ? adding : min(reached, adding)
        }
        backward[diagonal + offset] = reached
        if reached == ShortestEdit.unreached { continue }
        while reached > x.lowerBound, reached - diagonal > y.lowerBound,
          old[reached - 1] == new[reached - diagonal - 1]
        {
          reached -= 1
        }
        backward[diagonal + offset] = reached
        let other = forward[diagonal + offset]
        if !meetsAhead, other != ShortestEdit.unreached, other >= reached {
          return (reached, reached - diagonal)
        }
      }
    }
    preconditionFailure("no path through \(x) and \(y)")
  }
}
