import Files
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
  /// What the machine can still give without swapping; nil where the system does not say.
  public let availableBytes: Int?

  /// The sum of all shares.
  public var totalBytes: Int { shares.reduce(0) { $0 + $1.byteCount } }

  init(weights: Int, adapter: ParameterSet, workspace: [Workspace.Entry]) {
    let block = adapter.values.count * MemoryLayout<Float>.stride
    // Values and gradients, two moments, and the best values so far.
    var sizes = [MemoryPlan.weightsName: weights, MemoryPlan.adapterName: 5 * block]
    for entry in workspace { sizes[entry.name, default: 0] += entry.byteCount }
    shares = sizes.map { Share(name: $0.key, byteCount: $0.value) }.sorted {
      ($1.byteCount, $0.name) < ($0.byteCount, $1.name)
    }
    availableBytes = MemoryPlan.available()
  }

  /// Refuses a plan that does not fit.
  func check() throws {
    if let availableBytes, totalBytes > availableBytes {
      throw TrainingError.memory(needed: totalBytes, available: availableBytes)
    }
  }

  /// `MemAvailable` of /proc/meminfo, lowered to what a control group leaves.
  private static func available() -> Int? {
    func number(_ path: String) -> Int? {
      (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
        Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
    let lines = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let kibibytes = lines.first { $0.hasPrefix("MemAvailable:") }?.split(separator: " ").dropFirst().first
    let system = kibibytes.flatMap { Int($0) }.map { $0 * 1024 }
    let limit = number("/sys/fs/cgroup/memory.max")
    let used = number("/sys/fs/cgroup/memory.current") ?? 0
    let group = limit.map { $0 - used }
    return [system, group].compactMap { $0 }.min()
  }

  /// The most memory that this process has had resident so far, in bytes.
  public static func peakResidentBytes() -> Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss * 1024
  }
}
