// The look-up in Unicode's tables is left to the scalars that need it: most are ASCII.
extension Unicode.Scalar {
  /// Whether the scalar is white space.
  package var isSpace: Bool {
    value < 0x80 ? value == 0x20 || (0x09...0x0D).contains(value) : properties.isWhitespace
  }

  /// Whether the scalar is a letter.
  package var isLetter: Bool {
    value < 0x80 ? (0x61...0x7A).contains(value | 0x20) : properties.isAlphabetic
  }

  /// Whether the scalar is an accent of the letter before it.
  package var isAccent: Bool { value >= 0x300 && properties.generalCategory == .nonspacingMark }
}
