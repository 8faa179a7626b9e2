import CKernels
import COpenBLAS
import Foundation
import Synchronization

/// The one pool of threads on which every operator splits its work.
///
/// `parallel(count)` runs `count` independent tasks and returns when all are done; the calling thread takes
/// part. Each worker starts on its own share of consecutive tasks. Calls with the same number of tasks share them out
/// alike, so a core finds in its caches what an earlier operator left there: between cores that share no cache, a line
/// that the other has written takes several times as long to arrive. Who is done helps the others, so unequal tasks
/// balance.
/// Which thread runs a task never shows in a result: operators cut their work so that no element depends on the cut,
/// each task writes its own part, and sums are added up in the order of the tasks. OpenBLAS runs single-threaded
/// inside the tasks.
public final class ThreadPool: @unchecked Sendable {
  // Safe to send because `body` is written only while no task is claimable, and is read only by a thread that holds
  // a claim (see `claim`); the shares are atomic.

  /// The number of threads that work, the caller included.
  public let threadCount: Int

  /// The working memory of packed products on this pool.
  let productScratch: ProductScratch

  /// The tasks of each worker that nobody has claimed.
  private let shares: UnsafeMutablePointer<TaskShare>
  private let finished = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let isBusy = Atomic<Bool>(false)
  private var body: ((_ task: Int, _ worker: Int) -> Void)?
  private let wake = NSCondition()

  /// Starts `threadCount` − 1 threads beside the caller's.
  public convenience init(threadCount: Int = ProcessInfo.processInfo.activeProcessorCount) {
    self.init(threadCount: threadCount, scratchByteCount: ProductScratch.standardByteCount)
  }

  /// The same with so much working memory for packed products.
  init(threadCount: Int, scratchByteCount: Int) {
    self.threadCount = max(1, threadCount)
    productScratch = ProductScratch(threadCount: self.threadCount, byteCount: scratchByteCount)
    shares = .allocate(capacity: self.threadCount)
    for worker in 0..<self.threadCount { (shares + worker).initialize(to: TaskShare()) }
    openblas_set_num_threads(1)
    for worker in 1..<self.threadCount {
      let thread = Thread { [weak self] in
        // The pool outlives a parallel call, so a strong reference is held only while there may be work.
        while let pool = self { pool.workUntilIdle(as: worker) }
      }
      thread.stackSize = 1 << 21
      thread.start()
    }
  }

  deinit {
    shares.deinitialize(count: threadCount)
    shares.deallocate()
  }

  /// Runs `body(0)` … `body(count - 1)`, in any order and on any thread, and returns when all have finished.
  /// A call from inside a task runs its tasks on the calling thread.
  public func parallel(_ count: Int, _ body: (Int) -> Void) {
    parallel(count) { task, _ in body(task) }
  }

  /// The same, telling each task which worker runs it, in 0 ..< `threadCount`: the caller is worker 0.
  ///
  /// This is for scratch memory, of which each worker needs its own; a result must not depend on it. The
  /// owner of the scratch must not be inside two calls at once, because a second call runs on worker 0 too.
  func parallel(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    precondition(count <= Int(UInt32.max), "\(count) tasks")
    guard count > 1, threadCount > 1, !isBusy.exchange(true, ordering: .acquiring) else {
      for index in 0..<max(count, 0) { body(index, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      self.body = body
      finished.store(0, ordering: .relaxed)
      let workers = min(count, threadCount)
      for worker in (0..<workers).reversed() {
        shares[worker].fill(worker * count / workers..<(worker + 1) * count / workers)
      }
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
        wake.lock()
        wake.broadcast()
        wake.unlock()
      }
      // Not from `self.body`: loading that counts a reference, in the cache line where the others do.
      let own = runAll(from: claim(for: 0), as: 0, body)
      var spins = 0
      while finished.load(ordering: .acquiring) < count - own {
        spins += 1
        if spins < ThreadPool.spinLimit { lk_cpu_relax() } else { sched_yield() }
      }
      self.body = nil
    }
    isBusy.store(false, ordering: .releasing)
  }

  /// Claims a task of the worker's own, or else one of another's, from the end. A successful claim pins `body`: the
  /// call it belongs to cannot return before `finished` counts it.
  private func claim(for worker: Int) -> Int? {
    if let task = shares[worker].takeFirst() { return task }
    for distance in 1..<threadCount {
      if let task = shares[(worker + distance) % threadCount].takeLast() { return task }
    }
    return nil
  }

  /// Runs a claimed task and all that can be claimed after it, and returns their number.
  private func runAll(from first: Int?, as worker: Int, _ body: (_ task: Int, _ worker: Int) -> Void) -> Int {
    var (next, count) = (first, 0)
    while let task = next {
      body(task, worker)
      count += 1
      next = claim(for: worker)
    }
    return count
  }

  /// The same with the body of the call that the task is of, to which no reference is left afterwards.
  private func runAll(from first: Int, as worker: Int) -> Int {
    guard let body else { preconditionFailure("a task without a body") }
    return runAll(from: first, as: worker, body)
  }

  /// Does what work there is, and waits a while for more.
  private func workUntilIdle(as worker: Int) {
    var spins = 0
    while spins < ThreadPool.spinLimit {
      // Only its own: to look at the others' again and again would take their cache lines from them.
      if let task = shares[worker].takeFirst() {
        let count = runAll(from: task, as: worker)
        finished.add(count, ordering: .releasing)
        spins = 0
      } else {
        spins += 1
        lk_cpu_relax()
      }
    }
    wake.lock()
    sleepers.add(1, ordering: .sequentiallyConsistent)
    // A bounded wait, so that a pool nobody holds any more is noticed by its threads.
    while shares[worker].isEmpty {
      if !wake.wait(until: Date(timeIntervalSinceNow: 1)) { break }
    }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    wake.unlock()
  }

  // About 20 µs on today's processors: longer than the gap between two operators, shorter than a time slice.
  private static let spinLimit = 2_000
}
