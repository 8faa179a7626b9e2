/// The bytes of each id, back to back.
struct TokenBytes: Sendable {
  private var bytes: [UInt8] = []
  private var ranges: [Range<Int>]

  /// Makes a list for the ids below `count`, none of which has bytes yet.
  init(count: Int) {
    ranges = [Range<Int>](repeating: 0..<0, count: count)
  }

  /// The highest id plus one.
  var count: Int { ranges.count }

  /// The bytes of `id`; none for an id outside the list.
  subscript(id: Int32) -> ArraySlice<UInt8> {
    guard ranges.indices.contains(Int(id)) else { return [] }
    let range = ranges[Int(id)]
    return bytes[range]
  }

  /// Gives `id` its bytes, in place of those it had.
  mutating func set(_ id: Int32, to new: some Collection<UInt8>) {
    let start = bytes.count
    bytes.append(contentsOf: new)
    ranges[Int(id)] = start..<bytes.count
  }
}
