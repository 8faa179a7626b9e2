/// How lengths are distributed, for a plot.
enum LengthShares {
  /// The percent of lengths in each bin of `bin` words, at the bin's middle; the last bin holds all longer ones.
  static func points(_ lengths: [Int], bin: Int, bins: Int) -> [(x: Double, y: Double)] {
    guard !lengths.isEmpty else { return [] }
    var counts = [Int](repeating: 0, count: bins)
    for length in lengths { counts[min((max(length, 1) - 1) / bin, bins - 1)] += 1 }
    return counts.enumerated().map {
      // Of the words 1 to 4 the middle is 2.5.
      (Double($0.offset * bin) + Double(bin + 1) / 2, 100 * Double($0.element) / Double(lengths.count))
    }
  }
}
