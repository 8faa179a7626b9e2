/// Every run of words in some texts, to find what another text has copied from them.
///
/// A suffix automaton: its states are the sets of places at which a run of words ends, so that walking it along a text
/// gives, at every word, the longest run that ends there and is also in the texts.
///
/// - Complexity: building takes time and memory in proportion to the words of the texts, and comparing a text to the
///   words of that text, whatever they repeat.
/// - SeeAlso: Blumer et al., 1985.
public struct CopyingIndex: Sendable {
  private struct State {
    /// The words of the longest run that the state stands for.
    var length: Int32
    /// The state of the longest ending of that run which also ends at other places; −1 for the empty run's.
    var link: Int32
    /// The first of the edges, −1 for none.
    var firstEdge: Int32 = -1
  }

  /// A word by which a state's runs go on, and the state that they reach.
  private struct Edge {
    let word: Int32
    var target: Int32
    /// The next edge of the same state, −1 for none.
    let next: Int32
  }

  private struct Step: Hashable {
    let state: Int32
    let word: Int32
  }

  private var states = [State(length: 0, link: -1)]
  private var edges: [Edge] = []
  /// The edge of each state and word.
  private var steps: [Step: Int32] = [:]
  /// The number of each word, from 1; 0 stands between two texts.
  private var numbers: [String: Int32] = [:]

  /// Reads the texts.
  public init(_ texts: [String]) {
    var last: Int32 = 0
    for text in texts {
      for word in TextUnits(text).words {
        let number = numbers[word] ?? Int32(numbers.count + 1)
        numbers[word] = number
        last = append(number, after: last)
      }
      last = append(0, after: last)
    }
  }

  /// What a text has copied from the others.
  public func copying(in text: String) -> Copying {
    let words = TextUnits(text).words
    // −1 is no word of the texts: nothing that has it is copied.
    let numbers = words.map { self.numbers[$0] ?? -1 }
    var (longest, end) = (0, 0)
    var all: Set<ArraySlice<String>> = []
    var copied = 0
    var (state, length): (Int32, Int) = (0, 0)
    for (index, number) in numbers.enumerated() {
      while state > 0, target(state, number) == nil {
        state = states[Int(state)].link
        length = Int(states[Int(state)].length)
      }
      if let next = target(state, number) {
        state = next
        length += 1
      }
      if length > longest { (longest, end) = (length, index + 1) }
      guard index + 1 >= Copying.runLength else { continue }
      let isNew = all.insert(words[index + 1 - Copying.runLength...index]).inserted
      if isNew, length >= Copying.runLength { copied += 1 }
    }
    return Copying(
      longestRun: Array(words[end - longest..<end]),
      containment: all.isEmpty ? 0 : Double(copied) / Double(all.count))
  }

  // MARK: The automaton

  private func target(_ state: Int32, _ word: Int32) -> Int32? {
    steps[Step(state: state, word: word)].map { edges[Int($0)].target }
  }

  /// Adds a word behind the text whose state is `last`; its own state is the answer.
  private mutating func append(_ word: Int32, after last: Int32) -> Int32 {
    let new = addState(length: states[Int(last)].length + 1)
    var state = last
    while state >= 0, steps[Step(state: state, word: word)] == nil {
      addEdge(from: state, by: word, to: new)
      state = states[Int(state)].link
    }
    guard state >= 0, let old = target(state, word) else {
      states[Int(new)].link = 0
      return new
    }
    states[Int(new)].link = old
    guard states[Int(state)].length + 1 < states[Int(old)].length else { return new }
    // Only the shorter runs of `old` end here too: they get a state of their own.
    let shorter = addState(length: states[Int(state)].length + 1)
    states[Int(shorter)].link = states[Int(old)].link
    var edge = states[Int(old)].firstEdge
    while edge >= 0 {
      addEdge(from: shorter, by: edges[Int(edge)].word, to: edges[Int(edge)].target)
      edge = edges[Int(edge)].next
    }
    states[Int(old)].link = shorter
    states[Int(new)].link = shorter
    while state >= 0, let edge = steps[Step(state: state, word: word)], edges[Int(edge)].target == old {
      edges[Int(edge)].target = shorter
      state = states[Int(state)].link
    }
    return new
  }

  private mutating func addState(length: Int32) -> Int32 {
    states.append(State(length: length, link: -1))
    return Int32(states.count - 1)
  }

  private mutating func addEdge(from state: Int32, by word: Int32, to target: Int32) {
    edges.append(Edge(word: word, target: target, next: states[Int(state)].firstEdge))
    let edge = Int32(edges.count - 1)
    states[Int(state)].firstEdge = edge
    steps[Step(state: state, word: word)] = edge
  }
}
