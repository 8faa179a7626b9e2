import Synchronization

/// How far apart two threads of a pool run at this moment.
///
/// Cores that share their last-level cache hand a line over in some 40 ns; those of different core complexes or sockets
/// take 200. A virtual machine may have its processors moved from the one to the other and back.
public enum ThreadDistance {
  /// Hands one cache line back and forth between two threads for less than a millisecond.
  ///
  /// - Returns: the seconds of one way; nil where there is no second thread, or it has no processor for itself.
  public static func measure(pool: ThreadPool) -> Double? {
    guard pool.threadCount > 1 else { return nil }
    let line = Line()
    var result: Double?
    pool.parallel(2) { task in
      if task == 0 { result = ask(line) } else { answer(line) }
    }
    return result
  }

  /// What the two threads hand over: odd from the one that answers, even from the one that asks.
  private final class Line: Sendable {
    let turn = Atomic<Int>(0)
  }

  private static let rounds = 400
  private static let end = -1
  private static let patience = Duration.milliseconds(5)

  private static func ask(_ line: Line) -> Double? {
    // Whatever comes, the other is told to stop.
    defer { line.turn.store(end, ordering: .releasing) }
    let clock = ContinuousClock()
    let called = clock.now
    while line.turn.load(ordering: .acquiring) != 1 {
      if clock.now - called > patience { return nil }
    }
    let began = clock.now
    for round in 1...rounds {
      line.turn.store(2 * round, ordering: .releasing)
      var looks = 0
      while line.turn.load(ordering: .acquiring) != 2 * round + 1 {
        looks += 1
        if looks % 1024 == 0, clock.now - began > patience { return nil }
      }
    }
    return (clock.now - began) / .seconds(1) / Double(2 * rounds)
  }

  private static func answer(_ line: Line) {
    // Where the other has given up already, nobody asks.
    guard line.turn.compareExchange(expected: 0, desired: 1, ordering: .acquiringAndReleasing).exchanged
    else {
      return
    }
    var seen = 1
    while true {
      let turn = line.turn.load(ordering: .acquiring)
      if turn == end { return }
      guard turn > seen else { continue }
      seen = turn + 1
      // An exchange, because the other may have told it to stop meanwhile.
      _ = line.turn.compareExchange(expected: turn, desired: seen, ordering: .acquiringAndReleasing)
    }
  }
}
