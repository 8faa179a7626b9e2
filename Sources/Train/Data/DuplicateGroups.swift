import Files

/// Which documents of an archive are the same piece, word for word or nearly, so that no piece is learned
/// and held out at once.
///
/// Two texts are the same when they differ in case and white space only, and nearly the same when the
/// Jaccard index of their ``Shingles`` is at least 0.7: one word changed in every thirty or so. Sameness
/// is carried on: where a is nearly b and b nearly c, all three are one group.
package struct DuplicateGroups: Equatable, Sendable {
  /// For each document, the first document of its group in archive order: itself where it is alone.
  package let representatives: [Int]
  /// Documents that repeat an earlier one but for case and white space.
  package let exactCount: Int
  /// Documents that nearly repeat another of their group and are not counted as exact.
  package let nearCount: Int

  /// The number of groups, lone documents included.
  var count: Int { Set(representatives).count }

  /// The threshold as a ratio of whole numbers, so that no rounding decides: 7/10.
  private static let (numerator, denominator) = (7, 10)

  /// Groups the documents, each given by its texts (an edit has two).
  ///
  /// - Complexity: linear but for sorting, and exact. Two sets of n shingles with a Jaccard index of at
  ///   least t share one of their n − ⌈t·n⌉ + 1 rarest; only those are looked up (Chaudhuri, Ganti and
  ///   Kaushik, 2006), and pairs that are in one group already are not compared.
  package init(_ documents: [DocumentTexts]) {
    var forest = DisjointSets(count: documents.count)
    var firstWithText: [Fingerprint: Int] = [:]
    var distinct: [(document: Int, shingles: Shingles)] = []
    var exactCount = 0
    for (index, document) in documents.enumerated() {
      var isRepeated = false
      for (fingerprint, shingles) in zip(document.fingerprints, document.shingles) {
        if let first = firstWithText[fingerprint] {
          isRepeated = isRepeated || first != index
          forest.join(first, index)
        } else {
          firstWithText[fingerprint] = index
          if shingles.areComparable { distinct.append((index, shingles)) }
        }
      }
      if isRepeated { exactCount += 1 }
    }
    Self.joinNearDuplicates(distinct, in: &forest)
    representatives = documents.indices.map { forest.root(of: $0) }
    self.exactCount = exactCount
    nearCount = documents.count - Set(representatives).count - exactCount
  }

  private static func joinNearDuplicates(
    _ texts: [(document: Int, shingles: Shingles)], in forest: inout DisjointSets
  ) {
    let frequencies = repeatedShingles(texts.map(\.shingles))
    // Shorter texts first, so that a text meets only those that are no longer than itself.
    let order = texts.indices.sorted {
      (texts[$0].shingles.count, $0) < (texts[$1].shingles.count, $1)
    }
    var textsWithShingle: [UInt64: [Int]] = [:]
    var lastSeenBy = [Int](repeating: -1, count: texts.count)
    for index in order {
      let (document, shingles) = texts[index]
      let required = (numerator * shingles.count + denominator - 1) / denominator
      for hash in rarest(shingles.count - required + 1, of: shingles, by: frequencies) {
        for other in textsWithShingle[hash, default: []] where lastSeenBy[other] != index {
          lastSeenBy[other] = index
          let candidate = texts[other]
          guard candidate.shingles.count >= required,
            forest.root(of: candidate.document) != forest.root(of: document)
          else { continue }
          let shared = shingles.overlap(with: candidate.shingles)
          let union = shingles.count + candidate.shingles.count - shared
          if denominator * shared >= numerator * union { forest.join(candidate.document, document) }
        }
        textsWithShingle[hash, default: []].append(index)
      }
    }
  }

  /// In how many texts each shingle is that more than one text has.
  private static func repeatedShingles(_ texts: [Shingles]) -> [UInt64: Int] {
    var all: [UInt64] = []
    all.reserveCapacity(texts.reduce(0) { $0 + $1.count })
    for text in texts { all += text.hashes }
    all.sort()
    var frequencies: [UInt64: Int] = [:]
    var start = 0
    while start < all.count {
      var end = start + 1
      while end < all.count, all[end] == all[start] { end += 1 }
      if end - start > 1 { frequencies[all[start]] = end - start }
      start = end
    }
    return frequencies
  }

  /// Those of the `count` rarest shingles that another text has too; the others can find nothing.
  private static func rarest(
    _ count: Int, of shingles: Shingles, by frequencies: [UInt64: Int]
  ) -> ArraySlice<UInt64> {
    let repeated = shingles.hashes.compactMap { hash in frequencies[hash].map { (frequency: $0, hash: hash) }
    }
    let room = count - (shingles.count - repeated.count)
    guard room > 0 else { return [] }
    return repeated.sorted { $0 < $1 }.map(\.hash).prefix(room)
  }
}

/// A partition of 0..<count that only grows coarser; the root of a set is its lowest member.
private struct DisjointSets {
  private var parents: [Int]

  init(count: Int) { parents = Array(0..<count) }

  mutating func root(of member: Int) -> Int {
    var member = member
    while parents[member] != member {
      parents[member] = parents[parents[member]]
      member = parents[member]
    }
    return member
  }

  mutating func join(_ a: Int, _ b: Int) {
    let (rootA, rootB) = (root(of: a), root(of: b))
    parents[max(rootA, rootB)] = min(rootA, rootB)
  }
}
