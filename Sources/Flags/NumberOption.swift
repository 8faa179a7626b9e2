import ArgumentParser

/// A number as it is typed after a flag.
public protocol TypedNumber: LosslessStringConvertible, Sendable {
  /// What is expected where the text is none.
  static var expected: String { get }
}

extension Option {
  /// A flag with a number and its default, which the help names.
  ///
  /// The word after the flag is its value whatever that is: the parser takes "-1" for a flag, and would say that the
  /// value is missing. A real flag in its place is no number, and refused as one.
  public init(wrappedValue: Value, number help: ArgumentHelp) where Value: TypedNumber {
    var help = help
    // The parser does not describe a default that has a transform.
    help.abstract += " (default: \(wrappedValue))"
    self.init(
      wrappedValue: wrappedValue, name: .long, parsing: .unconditional, help: help,
      transform: Value.init(typed:))
  }

  /// A flag with a number that need not be given.
  public init<Number: TypedNumber>(number help: ArgumentHelp) where Value == Number? {
    self.init(name: .long, parsing: .unconditional, help: help, transform: Number.init(typed:))
  }
}

extension TypedNumber {
  fileprivate init(typed text: String) throws {
    guard let number = Self(text) else { throw ValidationError("expected \(Self.expected).") }
    self = number
  }
}

extension Int: TypedNumber {
  /// A whole number; what is smallest is for each setting to say.
  public static var expected: String { "a whole number up to \(Int.max)" }
}

extension UInt64: TypedNumber {
  /// A whole number that is not negative.
  public static var expected: String { "a whole number from 0 to \(UInt64.max)" }
}

extension Float: TypedNumber {
  /// A number, with a point where others write a comma.
  public static var expected: String { "a number such as 0.5" }
}

extension Double: TypedNumber {
  /// A number, with a point where others write a comma.
  public static var expected: String { "a number such as 0.5" }
}
