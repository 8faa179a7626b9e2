import CKernels
import COpenBLAS
import Foundation
import Synchronization

/// The one pool of threads on which every operator splits its work.
///
/// `parallel(count)` runs `count` independent tasks and returns when all are done; the calling thread takes
/// part. Tasks are claimed one by one, so unequal ones balance. Which thread runs a task never shows in a
/// result: operators cut their work by shape alone, each task writes its own part, and sums are added up in
/// the order of the tasks. OpenBLAS runs single-threaded inside the tasks.
public final class ThreadPool: @unchecked Sendable {
  // Safe to send because `body` and `taskCount` are written only while no task is claimable, and are read only
  // by a thread that holds a claim (see `claim`).

  /// The number of threads that work, the caller included.
  public let threadCount: Int

  /// The working memory of packed products on this pool.
  let productScratch: ProductScratch

  /// Claimable work: the upper half counts calls of `parallel`, the lower half the tasks not yet claimed.
  private let tickets = Atomic<UInt64>(0)
  private let finished = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let isBusy = Atomic<Bool>(false)
  private var body: ((_ task: Int, _ worker: Int) -> Void)?
  private var taskCount = 0
  private let wake = NSCondition()

  /// Starts `threadCount` − 1 threads beside the caller's.
  public convenience init(threadCount: Int = ProcessInfo.processInfo.activeProcessorCount) {
    self.init(threadCount: threadCount, scratchByteCount: ProductScratch.standardByteCount)
  }

  /// The same with so much working memory for packed products.
  init(threadCount: Int, scratchByteCount: Int) {
    self.threadCount = max(1, threadCount)
    productScratch = ProductScratch(threadCount: self.threadCount, byteCount: scratchByteCount)
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
      taskCount = count
      finished.store(0, ordering: .relaxed)
      let call = (tickets.load(ordering: .relaxed) >> 32) &+ 1
      tickets.store(call << 32 | UInt64(count), ordering: .sequentiallyConsistent)
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
        wake.lock()
        wake.broadcast()
        wake.unlock()
      }
      while let index = claim() {
        // Not through `run`: loading `self.body` counts a reference, in the cache line where the others do.
        body(index, 0)
        finished.add(1, ordering: .releasing)
      }
      var spins = 0
      while finished.load(ordering: .acquiring) < count {
        spins += 1
        if spins < ThreadPool.spinLimit { lk_cpu_relax() } else { sched_yield() }
      }
      self.body = nil
    }
    isBusy.store(false, ordering: .releasing)
  }

  /// Claims one task. A successful claim pins `body`: the call it belongs to cannot return before it is run.
  private func claim() -> Int? {
    var ticket = tickets.load(ordering: .acquiring)
    while ticket & 0xffff_ffff > 0 {
      let (exchanged, original) = tickets.compareExchange(
        expected: ticket, desired: ticket - 1, ordering: .acquiringAndReleasing)
      if exchanged { return taskCount - Int(ticket & 0xffff_ffff) }
      ticket = original
    }
    return nil
  }

  private func run(_ index: Int, as worker: Int) {
    body?(index, worker)
    finished.add(1, ordering: .releasing)
  }

  /// Does what work there is, and waits a while for more.
  private func workUntilIdle(as worker: Int) {
    var spins = 0
    while spins < ThreadPool.spinLimit {
      if let index = claim() {
        run(index, as: worker)
        spins = 0
      } else {
        spins += 1
        lk_cpu_relax()
      }
    }
    wake.lock()
    sleepers.add(1, ordering: .sequentiallyConsistent)
    // A bounded wait, so that a pool nobody holds any more is noticed by its threads.
    while tickets.load(ordering: .sequentiallyConsistent) & 0xffff_ffff == 0 {
      if !wake.wait(until: Date(timeIntervalSinceNow: 1)) { break }
    }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    wake.unlock()
  }

  // About 20 µs on today's processors: longer than the gap between two operators, shorter than a time slice.
  private static let spinLimit = 2_000
}
