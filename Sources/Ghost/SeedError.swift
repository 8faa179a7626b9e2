/// Why a seed cannot be drafted from.
public struct SeedError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong with a seed.
  public enum Problem: Equatable, Sendable {
    /// No part is given, or none has words in it.
    case empty
    /// The length is not a whole number of words above 0.
    case length(found: String)
    /// A part holds a control character other than white space.
    case controlCharacter(part: String, scalar: UInt32)
    /// The file is neither YAML nor JSON; the text is the parser's finding.
    case malformed(String)
    /// The file's value is no mapping of keys.
    case notAMapping(found: String)
    /// A key is none of a seed's.
    case unknownKey(String)
    /// A value is of another kind than its key asks for.
    case wrongKind(key: String, found: String)
    /// The file is too large to be a seed.
    case tooLarge(bytes: Int)
  }

  /// The file and line, as `file:line`; nil for flags.
  public let place: String?
  /// What is wrong there.
  public let problem: Problem

  /// Makes the error.
  public init(_ problem: Problem, at place: String? = nil) {
    self.place = place
    self.problem = problem
  }

  /// `file:line: what was found; what was expected. What to do.`
  public var description: String { (place.map { "\($0): " } ?? "") + text }

  private var text: String {
    switch problem {
    case .empty:
      "the seed: found no part of it; expected at least one of topic, angle, length and kind."
        + " Give --topic \"…\" or --seed-file FILE."
    case .length(let found):
      "length: found \(found); expected a whole number of words from 1. Correct it or leave it out."
    case .controlCharacter(let part, let scalar):
      "\(part): found the control character U+\(Self.hexadecimal(scalar)); expected text. Remove it."
    case .malformed(let finding):
      "found \(finding); expected YAML or JSON. Correct it there."
    case .notAMapping(let found):
      "found \(found); expected keys with values, such as topic: a kettle. Write one key a line."
    case .unknownKey(let key):
      "found the key \"\(key)\"; expected topic, angle, length or kind. Rename or remove it."
    case .wrongKind(let key, let found):
      "\(key): found \(found); expected text. Write it on one line."
    case .tooLarge(let bytes):
      "found \(bytes) bytes; expected a seed of at most \(SeedFile.byteLimit). Name the right file."
    }
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
