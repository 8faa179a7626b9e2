/// How much of a held-out document is also in a document to train on. Texts of a few words are left out.
struct SplitOverlap: Equatable, Sendable {
  /// The held-out document.
  let heldOut: Int
  /// The document to train on that has most of it.
  let training: Int
  /// The share of the held-out document's different five-word runs that the other has too, in (0, 1].
  let share: Double

  /// The largest overlap between the sides of a split, or nil where they share no five-word run.
  ///
  /// Exact: every run of every text to train on is looked up among the held-out ones.
  static func largest(_ documents: [DocumentTexts], split: DocumentSplit) -> SplitOverlap? {
    let heldOutTexts = split.heldOut.flatMap { document in
      documents[document].shingles.filter(\.areComparable).map { (document: document, shingles: $0) }
    }
    var textsWithShingle: [UInt64: [Int]] = [:]
    for (index, text) in heldOutTexts.enumerated() {
      for hash in text.shingles.hashes { textsWithShingle[hash, default: []].append(index) }
    }
    var largest: SplitOverlap?
    var shared = [Int](repeating: 0, count: heldOutTexts.count)
    for document in split.training {
      for shingles in documents[document].shingles {
        var touched: [Int] = []
        for hash in shingles.hashes {
          for text in textsWithShingle[hash] ?? [] {
            if shared[text] == 0 { touched.append(text) }
            shared[text] += 1
          }
        }
        for text in touched {
          let share = Double(shared[text]) / Double(heldOutTexts[text].shingles.count)
          if share > largest?.share ?? 0 {
            largest = SplitOverlap(heldOut: heldOutTexts[text].document, training: document, share: share)
          }
          shared[text] = 0
        }
      }
    }
    return largest
  }
}
