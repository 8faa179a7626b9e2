/// What the voice panel counts in a text, or in several taken together.
///
/// Counts add up: the profile of two texts is the sum of theirs, so that a bootstrap draws pieces by adding profiles
/// and reads no text again. Profiles of different panels do not belong together.
public struct VoiceProfile: Equatable, Sendable {
  /// The number of words.
  public internal(set) var words: Int
  /// The uses of each of the panel's frequent words.
  var frequentWords: [Int32]
  /// The uses of each function word.
  var functionWords: [Int32]
  /// The uses of each mark.
  var punctuation: [Int32]
  /// The sentences by their words; the last place holds all longer ones.
  var sentenceLengths: [Int32]
  /// The paragraphs by their words; the last place holds all longer ones.
  var paragraphLengths: [Int32]
  /// The runs of four characters that the panel compares.
  var characterGrams: [Int32]

  /// Takes a text's counts in.
  public static func += (left: inout VoiceProfile, right: VoiceProfile) {
    left.words += right.words
    left.combine(right, &+)
  }

  /// Takes a text's counts out again.
  public static func -= (left: inout VoiceProfile, right: VoiceProfile) {
    left.words -= right.words
    left.combine(right, &-)
  }

  // Wrapping: a count of 2³¹ is of more text than a machine holds.
  @inline(__always)
  private mutating func combine(_ other: VoiceProfile, _ operation: (Int32, Int32) -> Int32) {
    @inline(__always)
    func combine(_ left: inout [Int32], _ right: [Int32]) {
      precondition(left.count == right.count, "\(left.count) counts are not of the panel of \(right.count)")
      left.withUnsafeMutableBufferPointer { left in
        right.withUnsafeBufferPointer { right in
          for index in 0..<left.count { left[index] = operation(left[index], right[index]) }
        }
      }
    }
    combine(&frequentWords, other.frequentWords)
    combine(&functionWords, other.functionWords)
    combine(&punctuation, other.punctuation)
    combine(&sentenceLengths, other.sentenceLengths)
    combine(&paragraphLengths, other.paragraphLengths)
    combine(&characterGrams, other.characterGrams)
  }
}
