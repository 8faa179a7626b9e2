/// A set of byte strings, numbered in the order in which they were added.
///
/// Open addressing over one arena of bytes: adding a string allocates nothing of its own, and looking one up
/// takes a slice of a text without copying it.
struct ByteStringTable: Sendable {
  /// All strings, back to back.
  private var bytes: [UInt8] = []
  /// Where each string ends in `bytes`; it begins where the one before it ends.
  private var ends: [Int] = []
  /// The number of the string in each slot plus one, below the upper half of its hash; 0 is vacant. A power
  /// of two long and at most half full, so that a probe always meets a vacant slot.
  private var slots: [UInt64]

  /// Makes an empty table that takes `capacity` strings before it grows.
  init(capacity: Int = 128) {
    var slotCount = 16
    while slotCount < 2 * capacity { slotCount *= 2 }
    slots = [UInt64](repeating: 0, count: slotCount)
  }

  /// The number of strings.
  var count: Int { ends.count }

  /// The string added under `number`.
  subscript(number: Int) -> ArraySlice<UInt8> { bytes[range(of: number)] }

  /// The number of `string`, or nil where it was never added.
  func number(of string: UnsafeBufferPointer<UInt8>) -> Int? {
    let (slot, _) = probe(string, hash: Self.hash(string))
    return slots[slot] == 0 ? nil : Self.number(in: slots[slot])
  }

  /// Adds `string` unless it is there already, and returns its number.
  mutating func insert(_ string: UnsafeBufferPointer<UInt8>) -> (number: Int, isNew: Bool) {
    let hash = Self.hash(string)
    let (slot, tag) = probe(string, hash: hash)
    if slots[slot] != 0 { return (Self.number(in: slots[slot]), false) }
    precondition(count < Int(Int32.max), "a table of \(count) strings is full")
    bytes.append(contentsOf: string)
    ends.append(bytes.count)
    slots[slot] = tag | UInt64(count)
    if 2 * count > slots.count { grow() }
    return (count - 1, true)
  }

  /// Removes all strings and keeps the memory.
  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    for slot in slots.indices { slots[slot] = 0 }
  }

  private func range(of number: Int) -> Range<Int> {
    (number == 0 ? 0 : ends[number - 1])..<ends[number]
  }

  private static func number(in slot: UInt64) -> Int { Int(slot & 0xFFFF_FFFF) - 1 }

  /// The slot that holds `string` or the vacant one where it belongs, and the tag of its hash.
  @inline(__always)
  private func probe(_ string: UnsafeBufferPointer<UInt8>, hash: UInt64) -> (slot: Int, tag: UInt64) {
    let mask = slots.count - 1
    let tag = hash & 0xFFFF_FFFF_0000_0000
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      if slots[slot] & 0xFFFF_FFFF_0000_0000 == tag, holds(Self.number(in: slots[slot]), string) { break }
      slot = (slot + 1) & mask
    }
    return (slot, tag)
  }

  @inline(__always)
  private func holds(_ number: Int, _ string: UnsafeBufferPointer<UInt8>) -> Bool {
    let range = range(of: number)
    guard range.count == string.count else { return false }
    for offset in 0..<string.count where bytes[range.lowerBound + offset] != string[offset] { return false }
    return true
  }

  private mutating func grow() {
    slots = [UInt64](repeating: 0, count: 2 * slots.count)
    bytes.withUnsafeBufferPointer { bytes in
      for number in 0..<count {
        let string = UnsafeBufferPointer(rebasing: bytes[range(of: number)])
        let (slot, tag) = probe(string, hash: Self.hash(string))
        slots[slot] = tag | UInt64(number + 1)
      }
    }
  }

  /// Eight bytes at a time, each step a multiplication and a fold of its upper half. Only which slot is
  /// probed depends on it, never a result.
  @inline(__always)
  private static func hash(_ string: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let raw = UnsafeRawBufferPointer(string)
    var hash = UInt64(truncatingIfNeeded: string.count) &* 0x9E37_79B9_7F4A_7C15
    var offset = 0
    while offset + 8 <= raw.count {
      hash = mix(hash ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var tail: UInt64 = 0
    while offset < raw.count {
      tail = tail << 8 | UInt64(raw[offset])
      offset += 1
    }
    return mix(hash ^ tail)
  }

  @inline(__always)
  private static func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
  }
}
