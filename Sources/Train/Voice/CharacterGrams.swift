/// How far two texts are apart in their runs of four characters.
public enum CharacterGrams {
  /// 1 − the cosine of the counts of all runs of four Unicode scalars, lower-cased; nil where a text is shorter.
  ///
  /// - SeeAlso: the baseline of PAN's authorship verification, without its weights.
  public static func distance(_ left: String, _ right: String) -> Double? {
    let (a, b) = (counts(left), counts(right))
    guard !a.isEmpty, !b.isEmpty else { return nil }
    func square(_ counts: [UInt128: Int]) -> Int { counts.values.reduce(0) { $0 + $1 * $1 } }
    let shared = a.reduce(0) { $0 + $1.value * (b[$1.key] ?? 0) }
    return 1 - Double(shared) / (Double(square(a)) * Double(square(b))).squareRoot()
  }

  /// The runs, each as its four scalars in one number.
  private static func counts(_ text: String) -> [UInt128: Int] {
    var counts: [UInt128: Int] = [:]
    var run: UInt128 = 0
    for (index, scalar) in text.lowercased().unicodeScalars.enumerated() {
      run = run << 32 | UInt128(scalar.value)
      if index >= 3 { counts[run, default: 0] += 1 }
    }
    return counts
  }
}
