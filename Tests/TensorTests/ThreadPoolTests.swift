import Foundation
import Synchronization
import Testing

@testable import Tensor

@Suite("ThreadPool") struct ThreadPoolTests {
  static let threadCounts = [1, 2, 3, 5]

  /// Counts calls per task.
  final class Tally: Sendable {
    let counts: Mutex<[Int]>
    init(_ tasks: Int) { counts = Mutex([Int](repeating: 0, count: tasks)) }
    func add(_ task: Int) { counts.withLock { $0[task] += 1 } }
    var values: [Int] { counts.withLock { $0 } }
  }

  @Test("every task runs once", arguments: threadCounts, [0, 1, 2, 3, 1000])
  func once(threads: Int, tasks: Int) {
    let pool = ThreadPool(threadCount: threads)
    let tally = Tally(tasks)
    for _ in 0..<20 { pool.parallel(tasks) { tally.add($0) } }
    #expect(tally.values == [Int](repeating: 20, count: tasks))
  }

  @Test("a call inside a task runs all of its tasks", arguments: threadCounts)
  func nested(threads: Int) {
    let pool = ThreadPool(threadCount: threads)
    let tally = Tally(60)
    pool.parallel(6) { outer in pool.parallel(10) { inner in tally.add(outer * 10 + inner) } }
    #expect(tally.values == [Int](repeating: 1, count: 60))
  }

  @Test("unequal tasks all finish before the call returns", arguments: threadCounts)
  func unequal(threads: Int) {
    let pool = ThreadPool(threadCount: threads)
    let tally = Tally(9)
    pool.parallel(9) { task in
      usleep(task == 0 ? 20_000 : 100)
      tally.add(task)
    }
    #expect(tally.values == [Int](repeating: 1, count: 9))
  }

  @Test("work reaches threads that have gone to sleep")
  func afterSleep() {
    let pool = ThreadPool(threadCount: 3)
    for _ in 0..<3 {
      usleep(5_000)
      let meeting = Atomic<Int>(0)
      // Each task waits for the other two, so three threads must take part.
      pool.parallel(3) { _ in
        meeting.add(1, ordering: .sequentiallyConsistent)
        while meeting.load(ordering: .sequentiallyConsistent) < 3 { usleep(10) }
      }
      #expect(meeting.load(ordering: .sequentiallyConsistent) == 3)
    }
  }

  @Test("two tasks at once never have the same worker", arguments: threadCounts)
  func workers(threads: Int) {
    let pool = ThreadPool(threadCount: threads)
    let busy = Mutex([Bool](repeating: false, count: threads))
    let clashes = Atomic<Int>(0)
    pool.parallel(200) { (_: Int, worker: Int) in
      let wasBusy = busy.withLock { state in
        defer { state[worker] = true }
        return state[worker]
      }
      if wasBusy { clashes.add(1, ordering: .relaxed) }
      usleep(50)
      busy.withLock { $0[worker] = false }
    }
    #expect(clashes.load(ordering: .relaxed) == 0)
  }

  @Test("each worker begins with its own share, the same in every call")
  func ownShares() {
    let pool = ThreadPool(threadCount: 3)
    for _ in 0..<20 {
      let meeting = Atomic<Int>(0)
      let ran = Mutex([Int](repeating: -1, count: 3))
      // Nobody can help another: each task waits for the other two.
      pool.parallel(3) { (task: Int, worker: Int) in
        ran.withLock { $0[task] = worker }
        meeting.add(1, ordering: .sequentiallyConsistent)
        while meeting.load(ordering: .sequentiallyConsistent) < 3 { usleep(10) }
      }
      #expect(ran.withLock { $0 } == [0, 1, 2])
    }
  }

  @Test("a share is taken from both ends, each task once")
  func takingFromBothEnds() {
    let share = TaskShare()
    #expect(share.isEmpty && share.takeFirst() == nil && share.takeLast() == nil)
    share.fill(5..<8)
    #expect(share.takeFirst() == 5 && share.takeLast() == 7 && !share.isEmpty)
    #expect(share.takeLast() == 6 && share.takeFirst() == nil && share.takeLast() == nil && share.isEmpty)

    let shared = SharedShare()
    let tally = Tally(20_000)
    shared.share.fill(0..<20_000)
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      while let task = thread < 2 ? shared.share.takeFirst() : shared.share.takeLast() { tally.add(task) }
    }
    #expect(tally.values == [Int](repeating: 1, count: 20_000))
  }

  @Test(
    "The distance of two threads is a time, or nothing where two do not run at once", arguments: threadCounts)
  func distance(threads: Int) {
    let pool = ThreadPool(threadCount: threads)
    let seconds = ThreadDistance.measure(pool: pool)
    #expect(seconds.map { $0 > 0 && $0.isFinite } ?? true)
    if threads == 1 { #expect(seconds == nil) }
    // Inside a task there is one thread only, and waiting for another one ends.
    pool.parallel(2) { _ in #expect(threads == 1 || ThreadDistance.measure(pool: pool) == nil) }
  }

  /// A share that several threads may hold.
  final class SharedShare: Sendable {
    let share = TaskShare()
  }

  @Test("calls from several threads at once all complete")
  func concurrentCallers() {
    let pool = ThreadPool(threadCount: 2)
    let tally = Tally(50)
    let group = DispatchGroup()
    for _ in 0..<4 {
      DispatchQueue.global().async(group: group) {
        for _ in 0..<50 { pool.parallel(50) { tally.add($0) } }
      }
    }
    group.wait()
    #expect(tally.values == [Int](repeating: 200, count: 50))
  }

  @Test("a split covers its range in order, whatever the thread count", arguments: threadCounts)
  func split(threads: Int) {
    let pool = ThreadPool(threadCount: threads)
    for (count, cost) in [(0, 5), (1, 1 << 20), (7, 1 << 20), (1000, 1000), (100, 1), (65, 1 << 14)] {
      let ranges = Mutex<[Range<Int>]>([])
      pool.split(count, cost: cost) { range in ranges.withLock { $0.append(range) } }
      let sorted = ranges.withLock { $0.sorted { $0.lowerBound < $1.lowerBound } }
      let covers = sorted.flatMap { Array($0) } == Array(0..<count)
      #expect(covers, "\(count) items of cost \(cost)")
      let parts = ThreadPool(threadCount: 1)
      let alone = Mutex<[Range<Int>]>([])
      parts.split(count, cost: cost) { range in alone.withLock { $0.append(range) } }
      #expect(sorted == alone.withLock { $0 })
    }
  }
}
