import Model
import Tensor
import Testing

@testable import Train

@Suite("Memory of a run")
struct MemoryPlanTests {
  private static let meminfo =
    "MemTotal:        8000 kB\nMemFree:          100 kB\nMemAvailable:    4000 kB\n"

  private func bytes(_ files: [String: String]) -> Int? { AvailableMemory.bytes { files[$0] } }

  @Test("Without a control group it is what the system says, and unknown where it says nothing")
  func system() {
    #expect(bytes(["/proc/meminfo": Self.meminfo]) == 4000 * 1024)
    #expect(bytes([:]) == nil)
    #expect(bytes(["/proc/meminfo": "MemTotal: 8000 kB\n"]) == nil)
  }

  @Test("A control group leaves its limit less its use, of which page cache is free")
  func groups() {
    let second = [
      "/proc/meminfo": Self.meminfo, "/sys/fs/cgroup/memory.max": "1000000\n",
      "/sys/fs/cgroup/memory.current": "900000\n",
      "/sys/fs/cgroup/memory.stat":
        "anon 100000\nfile 800000\ninactive_anon 7\ninactive_file 300000\nactive_file 450000\n",
    ]
    #expect(bytes(second) == 1_000_000 - (900_000 - 750_000))
    let first = [
      "/proc/meminfo": Self.meminfo, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1000000\n",
      "/sys/fs/cgroup/memory/memory.usage_in_bytes": "900000\n",
      "/sys/fs/cgroup/memory/memory.stat":
        "inactive_file 1\nactive_file 2\ntotal_inactive_file 300000\ntotal_active_file 450000\n",
    ]
    #expect(bytes(first) == 850_000)
  }

  @Test("A group without a limit, or with a larger one, leaves what the system has; an overdrawn one nothing")
  func limits() {
    func bytes(limit: String, used: String) -> Int? {
      self.bytes([
        "/proc/meminfo": Self.meminfo, "/sys/fs/cgroup/memory.max": limit,
        "/sys/fs/cgroup/memory.current": used,
      ])
    }
    #expect(bytes(limit: "max\n", used: "5\n") == 4000 * 1024)
    #expect(bytes(limit: "9223372036854771712\n", used: "5\n") == 4000 * 1024)
    #expect(bytes(limit: "1000\n", used: "2000\n") == 0)
  }

  private func plan(available: Int?) -> MemoryPlan {
    var configuration = LoRAConfiguration()
    configuration.rank = 1
    configuration.targets = [.query]
    let model = ModelConfiguration(
      vocabularySize: 8, hiddenSize: 4, intermediateSize: 8, layerCount: 1, headCount: 1,
      keyValueHeadCount: 1, contextLength: 16, endOfText: [])
    let workspace = Workspace.planning()
    for name in ["attention", "head", "head"] { _ = workspace.take(name, rows: 16, columns: 16) }
    return MemoryPlan(
      weights: 1500, adapter: LoRAAdapter(configuration, for: model).parameters, workspace: workspace.entries,
      available: available)
  }

  @Test("The plan sums base, adapter and buffers by name, largest first")
  func shares() {
    let shares = plan(available: nil).shares
    // 16 · 16 floats a buffer; values, gradients, two moments and the best of 4 + 4 parameters, each tensor on a
    // cache line of its own.
    #expect(shares.map(\.name) == ["head", "base", "attention", "adapter and optimizer"])
    #expect(shares.prefix(3).map(\.byteCount) == [2048, 1500, 1024])
    #expect(shares[3].byteCount >= 5 * 8 * 4 && shares[3].byteCount <= 5 * 2 * 64)
  }

  @Test("A plan that does not fit is refused with both sizes")
  func refusal() throws {
    let total = plan(available: nil).totalBytes
    try plan(available: nil).check()
    try plan(available: total).check()
    #expect(throws: TrainingError.memory(needed: total, available: total - 1)) {
      try plan(available: total - 1).check()
    }
    #expect(
      "\(TrainingError.memory(needed: 3 << 30, available: 1536 << 20))"
        == "this run needs 3.0 GiB; the machine has 1.5 GiB available. Lower --max-seq-length or --batch-size,"
        + " give --recompute or --quantize q8, or choose a smaller base.")
  }
}
