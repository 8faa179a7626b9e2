import Synchronization

/// A request to finish the current step, write a checkpoint and return; safe to make from a signal handler.
public final class StopRequest: Sendable {
  private let flag = Atomic<Bool>(false)

  /// Starts unset.
  public init() {}

  /// Asks the run to stop.
  public func stop() { flag.store(true, ordering: .relaxed) }

  /// Whether the run was asked to stop.
  public var isStopping: Bool { flag.load(ordering: .relaxed) }
}
