import Foundation
import Synchronization

/// Work on a thread of its own, beside what the caller does until it needs the result.
package final class BackgroundWork<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let finished = DispatchGroup()

  /// Starts `work`.
  package init(_ work: @escaping @Sendable () throws -> Value) {
    finished.enter()
    Thread.detachNewThread { [self] in
      let outcome = Result(catching: work)
      result.withLock { $0 = outcome }
      finished.leave()
    }
  }

  /// Waits for the end of the work, if need be.
  ///
  /// - Throws: what the work threw.
  package func value() throws -> Value {
    finished.wait()
    guard let outcome = result.withLock(\.self) else { preconditionFailure("finished without a result") }
    return try outcome.get()
  }
}
