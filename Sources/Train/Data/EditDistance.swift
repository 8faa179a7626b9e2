extension String {
  /// The fewest bytes to insert, delete or replace to make `other` of this text (Levenshtein, 1966).
  func editDistance(to other: String) -> Int {
    let other = Array(other.utf8)
    var row = Array(0...other.count)
    for (i, letter) in utf8.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in other.indices {
        let substitution = diagonal + (letter == other[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = Swift.min(substitution, diagonal + 1, row[j] + 1)
      }
    }
    return row[other.count]
  }
}
