/// The bytes of each id, back to back.
struct TokenBytes: Sendable {
  private var bytes: [UInt8] = []
  private var ranges: [Range<Int>] = []

  /// The highest id with a token plus one.
  var count: Int { ranges.count }

  /// The bytes of `id`; none for an id without a token.
  subscript(id: Int32) -> ArraySlice<UInt8> {
    guard ranges.indices.contains(Int(id)) else { return [] }
    return bytes[ranges[Int(id)]]
  }

  /// Gives `id` the bytes that `write` appends, in place of those it had.
  ///
  /// - Precondition: `id` is not negative.
  mutating func set<Result>(_ id: Int32, appending write: (inout [UInt8]) -> Result) -> Result {
    let start = bytes.count
    let result = write(&bytes)
    if Int(id) >= ranges.count {
      ranges.append(contentsOf: repeatElement(0..<0, count: Int(id) + 1 - ranges.count))
    }
    ranges[Int(id)] = start..<bytes.count
    return result
  }
}
