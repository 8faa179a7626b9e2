/// An open-addressing hash table from a key's UTF-8 bytes to its place in a list of members.
///
/// It holds places only and reads the keys from the list it is given, so that no key is stored twice.
/// The hash is seeded per process: a file cannot be built to collide.
struct KeyIndex: Sendable {
  /// Up to this many members a linear scan is at least as fast as hashing.
  static let scanLimit = 8

  private static let vacant = -1
  /// A power of two long and at most half full, so that a probe always meets a vacant slot.
  private var slots: [Int] = []
  private var occupied = 0

  var isEmpty: Bool { slots.isEmpty }

  /// Indexes all of `members`, whose keys are unique.
  mutating func rebuild(over members: [(key: String, value: JSONValue)]) {
    var capacity = 32
    while capacity < 4 * members.count { capacity *= 2 }
    slots = [Int](repeating: Self.vacant, count: capacity)
    occupied = members.count
    for (place, member) in members.enumerated() {
      slots[probe(member.key, in: members)] = place
    }
  }

  /// The place of `key` in `members`, or nil.
  func position(of key: String, in members: [(key: String, value: JSONValue)]) -> Int? {
    let place = slots[probe(key, in: members)]
    return place == Self.vacant ? nil : place
  }

  /// Notes that `key` is about to be appended to `members` at `place`; false where it is there already.
  mutating func insert(
    _ key: String, at place: Int, in members: [(key: String, value: JSONValue)]
  ) -> Bool {
    if 2 * (occupied + 1) > slots.count { rebuild(over: members) }
    let slot = probe(key, in: members)
    guard slots[slot] == Self.vacant else { return false }
    slots[slot] = place
    occupied += 1
    return true
  }

  /// The slot that holds `key`, or the vacant slot where it belongs.
  private func probe(_ key: String, in members: [(key: String, value: JSONValue)]) -> Int {
    let mask = slots.count - 1
    var slot = Self.hash(key) & mask
    while slots[slot] != Self.vacant, !members[slots[slot]].key.hasSameBytes(as: key) {
      slot = (slot + 1) & mask
    }
    return slot
  }

  private static func hash(_ key: String) -> Int {
    var hasher = Hasher()
    let done: Void? = key.utf8.withContiguousStorageIfAvailable {
      hasher.combine(bytes: UnsafeRawBufferPointer($0))
    }
    // Strings bridged from another runtime have no contiguous bytes.
    if done == nil { Array(key.utf8).withUnsafeBytes { hasher.combine(bytes: $0) } }
    return hasher.finalize()
  }
}
