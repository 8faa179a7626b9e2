import ArgumentParser

extension Option where Value == String? {
  /// A flag with words of the writer's own, which may begin with a dash: a topic can be "-40 degrees".
  ///
  /// The parser takes such a word for a flag, and would say that the value is missing. Two dashes are a flag in its
  /// place, and refused.
  public init(prose help: ArgumentHelp) {
    self.init(name: .long, parsing: .unconditional, help: help) { text in
      guard !text.hasPrefix("--") else {
        throw ValidationError("expected words that do not begin with two dashes, as a flag does.")
      }
      return text
    }
  }
}
