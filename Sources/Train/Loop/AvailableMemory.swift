import Foundation

/// The memory that this process may still take without swapping, as Linux tells it.
enum AvailableMemory {
  /// Where each version of control groups keeps a group's limit, use and statistics, and the statistics that count
  /// its page cache.
  private static let groups = [
    (
      folder: "/sys/fs/cgroup", limit: "memory.max", usage: "memory.current",
      cache: ["inactive_file", "active_file"]
    ),
    (
      folder: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes",
      cache: ["total_inactive_file", "total_active_file"]
    ),
  ]

  /// `MemAvailable` of /proc/meminfo, lowered to what a control group leaves: its limit less its use. Page cache
  /// counts as free, because the system gives it up first: what a build has just written fills a whole group.
  ///
  /// - Parameter read: the text of a file; nil where there is none.
  /// - Returns: bytes; nil where the system does not say.
  static func bytes(
    read: (_ path: String) -> String? = { try? String(contentsOfFile: $0, encoding: .utf8) }
  ) -> Int? {
    let system = field("MemAvailable:", of: read("/proc/meminfo")).map { $0 * 1024 }
    let left = groups.compactMap { group -> Int? in
      // A group without a limit says "max".
      guard let limit = number(read("\(group.folder)/\(group.limit)")) else { return nil }
      let statistics = read("\(group.folder)/memory.stat")
      let cache = group.cache.reduce(0) { $0 + (field($1, of: statistics) ?? 0) }
      let used = max(0, (number(read("\(group.folder)/\(group.usage)")) ?? 0) - cache)
      return max(0, limit - used)
    }
    return ([system].compactMap { $0 } + left).min()
  }

  private static func number(_ text: String?) -> Int? {
    text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  /// The number that follows a name in a text of one name and number a line.
  private static func field(_ name: String, of text: String?) -> Int? {
    for line in (text ?? "").split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count >= 2, words[0] == name { return Int(words[1]) }
    }
    return nil
  }
}
