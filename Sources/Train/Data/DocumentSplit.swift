import Files

/// Which documents are held out of training, so that the adapter is judged on pieces it has not seen.
///
/// A group of duplicates goes to one side. Its side follows from the SHA-256 of its first document's text,
/// read as a fraction: below the wanted fraction it is held out. So a group keeps its side when rows are
/// added at the end, and the fraction is met on average, not exactly.
struct DocumentSplit: Equatable, Sendable {
  /// Fewer documents than this on a side are no evidence, or nothing to learn.
  static let minimumGroups = 2

  /// The documents held out, ascending.
  let heldOut: [Int]
  /// The documents to train on, ascending.
  let training: [Int]
}

extension DocumentSplit {
  /// Splits the documents that have anything to learn.
  ///
  /// At least two groups are held out, those of the lowest hashes, and at least two are left to train on, those
  /// that were trained on before among them.
  ///
  /// - Parameters:
  ///   - eligible: the documents to split.
  ///   - trained: documents that were trained on before, which with their duplicates stay on that side.
  ///   - validFraction: the wanted share of groups to hold out, in [0, 1); 0 holds out none.
  /// - Throws: ``ArchiveError/tooSmallToHoldOut(documents:needed:trained:)`` with fewer than four groups, or
  ///   fewer than two that were not trained on.
  init(
    _ documents: [DocumentTexts], groups: DuplicateGroups, eligible: [Int], trained: [Int] = [],
    validFraction: Double
  ) throws(ArchiveError) {
    precondition((0..<1).contains(validFraction), "valid fraction \(validFraction) is not in [0, 1)")
    guard validFraction > 0 else {
      self.init(heldOut: [], training: eligible)
      return
    }
    // Named by the group's first document even where that has nothing to learn: the side must not depend
    // on the tokenizer.
    let all = Set(eligible.map { groups.representatives[$0] })
    let seen = all.intersection(trained.map { groups.representatives[$0] })
    let ordered = all.subtracting(seen)
      .map { (fingerprint: documents[$0].fingerprints[0], representative: $0) }
      .sorted { ($0.fingerprint.hex, $0.representative) < ($1.fingerprint.hex, $1.representative) }
    let needed = max(Self.minimumGroups, 2 * Self.minimumGroups - seen.count)
    guard ordered.count >= needed else {
      throw .tooSmallToHoldOut(documents: ordered.count, needed: needed, trained: seen.count)
    }
    let wanted = ordered.prefix { $0.fingerprint.fraction < validFraction }.count
    let count = min(max(wanted, Self.minimumGroups), ordered.count, all.count - Self.minimumGroups)
    let chosen = Set(ordered.prefix(count).map(\.representative))
    self.init(
      heldOut: eligible.filter { chosen.contains(groups.representatives[$0]) },
      training: eligible.filter { !chosen.contains(groups.representatives[$0]) })
  }
}

extension Fingerprint {
  /// The digest as a fraction in [0, 1), by its first 52 bits.
  fileprivate var fraction: Double {
    hex.prefix(13).reduce(0) { 16 * $0 + Double($1.hexDigitValue ?? 0) } * 0x1p-52
  }
}
