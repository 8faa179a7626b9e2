import Foundation
import Model
import Tensor

/// What a run will keep in memory, known before its first step.
public struct MemoryPlan: Equatable, Sendable {
  /// One share of the whole.
  public struct Share: Equatable, Sendable {
    /// What it holds.
    public let name: String
    /// Its size.
    public let byteCount: Int
  }

  static let weightsName = "base"
  static let adapterName = "adapter and optimizer"

  /// The shares, largest first.
  public let shares: [Share]
  /// What the machine could give without swapping before the base was read; nil where the system does not say.
  public let availableBytes: Int?

  /// The sum of all shares.
  public var totalBytes: Int { shares.reduce(0) { $0 + $1.byteCount } }

  init(weights: Int, adapter: ParameterSet, workspace: [Workspace.Entry], available: Int?) {
    let block = adapter.values.count * MemoryLayout<Float>.stride
    // Values and gradients, two moments, and the best values so far.
    var sizes = [MemoryPlan.weightsName: weights, MemoryPlan.adapterName: 5 * block]
    for entry in workspace { sizes[entry.name, default: 0] += entry.byteCount }
    shares = sizes.map { Share(name: $0.key, byteCount: $0.value) }.sorted {
      ($1.byteCount, $0.name) < ($0.byteCount, $1.name)
    }
    availableBytes = available
  }

  /// Refuses a plan that does not fit.
  func check() throws(TrainingError) { try MemoryPlan.check(totalBytes, available: availableBytes) }

  /// What makes a run fit.
  public static let remedy =
    "Lower --max-seq-length or --batch-size, give --recompute or --quantize q8, or choose a smaller base."

  /// Refuses to take more memory than there is.
  static func check(_ needed: Int, available: Int?) throws(TrainingError) {
    if let available, needed > available { throw .memory(needed: needed, available: available) }
  }

  /// The most memory that this process has had resident so far, in bytes.
  public static func peakResidentBytes() -> Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss * 1024
  }
}
